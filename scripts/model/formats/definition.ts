/** One definition serves seeding, checking a real value, and documentation. */
export interface FormatDefinition {
  /** For tables: `PostgreSQL URL`. */
  readonly title: string
  /** Completes "Expected …". */
  readonly expected: string
  /** Largest value accepted, in bytes of UTF-8; the forecast of a bundle's size adds these up. */
  readonly maxBytes: number
  /** A random value may be generated for production; one that a third party issues may not. */
  readonly generatable: boolean
  /**
   * Where a placeholder may be: in the value as a whole, in the parts of a URL, or nowhere. `name`: as a whole, and a
   * word such as `admin` is a real value here.
   */
  readonly doubts: 'secret' | 'name' | 'url' | 'text' | 'none'
  /** The value is one line, so that a line break at the end of a file does not belong to it. */
  readonly isOneLine: boolean
  /** What is wrong with the value, without any part of it; undefined when nothing is. */
  check(value: string): string | undefined
  /** A fresh value that fits, different at each call where the format leaves room. */
  generate(random: RandomText): string
}

/** `random(n)` is `n` characters of `a-z0-9`; cryptographically strong unless a test says otherwise. */
export type RandomText = (length: number) => string

export const KiB = 1024

/** A definition with what most formats have in common. */
export function define(
  definition: Omit<FormatDefinition, 'generatable' | 'doubts' | 'isOneLine'> & Partial<FormatDefinition>,
): FormatDefinition {
  return { generatable: false, doubts: 'none', isOneLine: true, ...definition }
}
