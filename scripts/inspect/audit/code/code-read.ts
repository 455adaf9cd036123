/** Where in the code something is; line and column from 1. */
export interface CodePlace {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** A variable of the environment that code reads, or a schema names. */
export interface CodeRead extends CodePlace {
  readonly name: string
  /**
   * `hint`: the name stands where this language usually reads a variable, found by its form alone. The others come from a
   * parser.
   */
  readonly how: 'member' | 'destructured' | 'schema' | 'call' | 'asked' | 'hint'
  /** Whether the code does without it; undefined where it does not tell. */
  readonly required?: boolean
}

/** A place that reads a variable whose name is only known at run time. */
export interface DynamicRead extends CodePlace {
  /** The expression of the name, shortened: `prefix + name`. */
  readonly expression: string
}

/** What a file or a folder of code reads. */
export interface CodeReading {
  readonly reads: readonly CodeRead[]
  readonly dynamic: readonly DynamicRead[]
}

/** What one file reads. */
export interface FileReading extends CodeReading {
  readonly file: string
  /** Why it does not parse. */
  readonly mistake: string | undefined
}
