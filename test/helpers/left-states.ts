/**
 * The states that interrupted runs left behind. A run goes on from each of them once; from the same state again it would
 * do the same again, so that it is enough to put everything back as it was before.
 */
export class LeftStates {
  readonly #counts = new Map<string, number>()

  /** How many states there were, no two of which are the same. */
  get size(): number {
    return this.#counts.size
  }

  /** How often any of them was left behind. */
  get rounds(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Whether nothing has gone on from it yet; for every user does. */
  isNew(state: unknown): boolean {
    const text = JSON.stringify(state)
    const before = this.#counts.get(text) ?? 0
    this.#counts.set(text, before + 1)
    return before === 0
  }
}
