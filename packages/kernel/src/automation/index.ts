export { type Action, type ActionContext, Actions, defineAction } from "./action.ts";
export { type Condition, conditionSchema } from "./condition.ts";
export { DeadlinePolicies, type DeadlinePolicy } from "./deadline-policy.ts";
export { type Task, TaskClosed, TaskCreated, TaskOverdue, TaskRepository, type Taskable, taskSchema } from "./task.ts";
export { type Trigger, Triggers, defineTrigger } from "./trigger.ts";
export {
  type CalendarHolder,
  WorkCalendar,
  type WorkHours,
  type WorkSchedule,
  workScheduleSchema,
} from "./work-calendar.ts";
export { WorkflowEngine } from "./workflow-engine.ts";
export {
  type Workflow,
  type WorkflowPart,
  WorkflowRepository,
  type WorkflowRun,
  workflowRunSchema,
  workflowSchema,
} from "./workflow.ts";
