/** The id of whoever looks after an entity. Sales knows the id and nothing else about users. */
export type OwnerId = string;
