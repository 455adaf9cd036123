type Step = () => PromiseLike<void> | void

/** Started parts, stopped in reverse order: the last one may need the first one to stop properly. */
export class Cleanup implements AsyncDisposable {
  readonly #steps: Step[] = []

  /** Adds a part, to be stopped before everything added earlier. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.#steps.push(() => resource[Symbol.asyncDispose]())
    return resource
  }

  defer(step: Step): void {
    this.#steps.push(step)
  }

  /** Runs every step, also after one that fails; the failures are thrown together at the end. */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = []
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length === 1) throw errors[0]
    if (errors.length > 1) throw new AggregateError(errors, 'several parts could not be stopped')
  }
}
