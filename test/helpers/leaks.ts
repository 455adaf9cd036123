/** A form a secret may be written in. */
export const forms = ['raw', 'base64', 'base64 after 1 byte', 'base64 after 2 bytes', 'URL', 'JSON', 'hex'] as const
export type Form = (typeof forms)[number]

/** Something that could be read by somebody: a log, an object, a file. */
export interface Place {
  /** As a failing test names it. */
  readonly name: string
  readonly text: string
}

/** What must be in no place. */
export interface Secret {
  /** As a failing test names it: never the value. */
  readonly name: string
  readonly value: string
}

/** A shorter value is in some text by chance. */
export const shortest = 12

/** How a secret looks in each form. Of base64 what depends on the secret alone, wherever in a longer text it begins. */
export function written(value: string, form: Form): string {
  switch (form) {
    case 'raw':
      return value
    case 'base64':
      return insideBase64(value, 0)
    case 'base64 after 1 byte':
      return insideBase64(value, 1)
    case 'base64 after 2 bytes':
      return insideBase64(value, 2)
    case 'URL':
      return encodeURIComponent(value)
    case 'JSON':
      return JSON.stringify(value).slice(1, -1)
    case 'hex':
      return Buffer.from(value).toString('hex')
  }
}

/** `<secret> as <form> in <place>`, each once; the form that comes first is reported where two look the same. */
export function leaksIn(places: readonly Place[], secrets: readonly Secret[]): string[] {
  const wanted = new Map<string, string>()
  for (const { name, value } of secrets.filter(({ value }) => value.length >= shortest))
    for (const form of forms) {
      const text = fold(written(value, form), form)
      if (!wanted.has(text)) wanted.set(text, `${name} as ${form}`)
    }
  return places.flatMap(({ name, text }) => {
    const lower = text.toLowerCase()
    const found = [...wanted].filter(([one]) => text.includes(one) || (/^[\da-f]+$/.test(one) && lower.includes(one)))
    return found.map(([, what]) => `${what} in ${name}`)
  })
}

// --- internal ---

function insideBase64(value: string, before: number): string {
  const bytes = Buffer.from(value)
  // Only groups of three bytes that are all of the secret.
  const start = (3 - before) % 3
  return bytes.subarray(start, bytes.length - ((bytes.length - start) % 3)).toString('base64')
}

function fold(text: string, form: Form): string {
  return form === 'hex' ? text.toLowerCase() : text
}
