/** A stream as calls: each asks for the next piece. */
export interface StreamSource {
  pull(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
  cancel(reason?: unknown): Promise<void>;
}

export function streamSource(stream: ReadableStream): StreamSource {
  const reader = stream.getReader() as ReadableStreamDefaultReader<unknown>;
  return { pull: () => reader.read(), cancel: (reason) => reader.cancel(reason) };
}

export function streamFrom(source: StreamSource): ReadableStream {
  return new ReadableStream<unknown>(
    {
      async pull(controller) {
        const { done, value } = await source.pull();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
