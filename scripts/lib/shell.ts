/** A word of a command that is to be pasted into a shell; in quotes, unless it is plain. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** A command to paste into a shell. A value put into it is always one word or part of one; a list is several. */
export function shell(
  command: TemplateStringsArray,
  ...values: readonly (string | number | readonly string[])[]
): string {
  const words = values.map((value) =>
    [value]
      .flat()
      .map((word) => shellWord(String(word)))
      .join(' '),
  )
  return String.raw({ raw: command }, ...words)
}
