/** A value as it was given. Secret: never printed. */
export interface InputValue {
  /** A variable, or `<tier>.<variable>`. */
  readonly name: string
  readonly value: string
  /** For problems: `.env line 3`. */
  readonly where: string
  /** Why the value can't be used; `value` is then empty. */
  readonly wrong?: string
  /** What to do about that. Default: to correct the value */
  readonly fix?: string
  /** Its name is the key of a Secret, which is not secret itself. Default: false */
  readonly isKey?: boolean
  /** It is the content of a file that was given for this name alone. Default: false */
  readonly isFile?: boolean
}
