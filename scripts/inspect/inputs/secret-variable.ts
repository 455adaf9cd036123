/** A variable as a file gives it. */
export interface GivenVariable {
  readonly name: string
  /** Undefined: it comes from outside of the file. */
  readonly value: string | undefined
}

/**
 * Its value comes from the machine, or its name is that of a secret, or its value has a password; `$$` is a dollar sign. A path is
 * none: its file is a secret.
 */
export function isSecretVariable({ name, value }: GivenVariable): boolean {
  if (value === undefined || /\$(\w|\{)/.test(value.replaceAll('$$', ''))) return true
  if (/_FILE$/i.test(name) && /^\.{0,2}\//.test(value)) return false
  return (
    /passw|secret|token|private|credential|api[_-]?key|access[_-]?key|_key$|dsn$/i.test(name) ||
    /:\/\/[^/]*:[^/]*@/.test(value)
  )
}
