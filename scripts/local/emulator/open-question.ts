/** Something about Scaleway that no public source answers, and how the emulator behaves. */
export interface OpenQuestion {
  /** Stable, for links. */
  readonly id: string
  readonly question: string
  /** What the emulator does. */
  readonly reading: string
  /** Why code that works with this behaviour also works with Scaleway. */
  readonly why: string
}
