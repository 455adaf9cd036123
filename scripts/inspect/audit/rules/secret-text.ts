import { isExampleSecret, isPlaceholder, isUrlWord } from '../../../model/formats/placeholders.ts'

/** What a text in a manifest is, by its form and the name it has. The text itself is never told. */
export interface Judged {
  /** Completes "is …". */
  readonly what: string
  readonly isPlaceholder: boolean
}

/**
 * Whether a text is a secret, or stands for one; undefined: neither. Pure.
 *
 * @param isCatalogued the catalogue says that what has this name is a secret
 */
export function judgeText(name: string, text: string, isCatalogued = false): Judged | undefined {
  const value = text.trim()
  if (value === '') return undefined
  const byForm = judgeForm(value)
  if (byForm) return byForm
  if (!(isCatalogued || isSecretName(name)) || isNoSecret(value)) return undefined
  if (isPlaceholder(value) || isExampleSecret(value)) return { what: 'a placeholder for a secret', isPlaceholder: true }
  // Words with spaces explain something, and a short word chooses something.
  if (value.length < 8 || /\s/.test(value)) return undefined
  return { what: isCatalogued ? 'a secret of the catalogue' : 'a secret by its name', isPlaceholder: false }
}

/** What in a file of settings is a secret, by the name of its line; each name once. */
export function judgeLines(text: string): { readonly name: string; readonly judged: Judged }[] {
  const found = new Map<string, Judged>()
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^\s*(?:- )?["']?([\w.-]+)["']?\s*[:= ]\s*(.*?)[\s,;]*$/.exec(line) ?? []
    const words = [unquoted(value), ...line.split(/[\s"'`,;()<>]+/)]
    const byForm = words.flatMap((word) => judgeForm(word) ?? []).find(({ isPlaceholder: stands }) => !stands)
    const byName = isSecretName(name) && isRandom(unquoted(value)) ? judgeText(name, unquoted(value)) : undefined
    const judged = byForm ?? byName
    if (judged && !judged.isPlaceholder && !found.has(name)) found.set(name, judged)
  }
  const isKey = forms.find(([pattern]) => pattern.test(text) && pattern.source.includes('BEGIN'))
  if (isKey && found.size === 0) found.set('', { what: isKey[1], isPlaceholder: false })
  return [...found].map(([name, judged]) => ({ name, judged }))
}

/** Whether a name is that of a secret: `SMTP_PASSWORD`, `apiKey`, and not `PASSWORD_MIN_LENGTH`. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
  const last = words.at(-1) ?? ''
  const pair = words.slice(-2).join('_')
  return secretWords.has(last) || secretPairs.has(pair)
}

// --- internal ---

const secretWords = new Set([
  ...['password', 'passwd', 'pwd', 'passphrase', 'secret', 'token', 'apikey', 'bearer', 'credentials', 'privatekey'],
])
const secretPairs = new Set([
  ...['api_key', 'secret_key', 'private_key', 'access_key', 'encryption_key', 'signing_key', 'auth_key', 'master_key'],
  ...['secret_base64', 'password_base64', 'client_secret', 'secret_value'],
])

/** Forms that only secrets have, whatever their name. */
const forms: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/, 'a private key'],
  [/^(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{36,}$|^github_pat_\w{40,}$/, 'a token of GitHub'],
  [/^glpat-[\w-]{20,}$/, 'a token of GitLab'],
  [/^(?:sk|rk)_live_[A-Za-z0-9]{16,}$/, 'a key of Stripe'],
  [/^xox[abprs]-[\w-]{20,}$/, 'a token of Slack'],
  [/^SG\.[\w-]{20,}\.[\w-]{20,}$/, 'a key of SendGrid'],
  [/^eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}$/, 'a signed token (JWT)'],
  [/^Bearer\s+[\w.~+/-]{20,}=*$/i, 'a bearer token'],
]

function judgeForm(value: string): Judged | undefined {
  const [, what] = forms.find(([pattern]) => pattern.test(value)) ?? []
  if (what !== undefined) return { what, isPlaceholder: false }
  const [, user = '', password] = /^[a-z][a-z0-9+.-]*:\/\/([^:@/\s]*):([^@/\s]+)@\S+$/i.exec(value) ?? []
  if (password === undefined || isFilledIn(password)) return undefined
  const stands = isUrlWord('password', password) || isUrlWord('user', user) || isPlaceholder(password)
  return stands
    ? { what: 'a URL with a placeholder for its password', isPlaceholder: true }
    : { what: 'a URL with a password', isPlaceholder: false }
}

/** Letters and digits in one word, as nobody chooses a name. */
function isRandom(text: string): boolean {
  return text.length >= 12 && /^[\w+/=.!#$%&*@^-]+$/.test(text) && /\d/.test(text) && /[A-Za-z]/.test(text)
}

function unquoted(text: string): string {
  return /^(["'])(.*)\1$/.exec(text)?.[2] ?? text
}

/** What chooses, measures, names or points to something. */
function isNoSecret(value: string): boolean {
  return (
    isFilledIn(value) ||
    /^(true|false|yes|no|on|off|enabled?|disabled?|none|null)$/i.test(value) ||
    /^[\d.,]+\s*(ms|s|m|h|d|days?|hours?|minutes?|seconds?)?$/i.test(value) ||
    /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ||
    /^(\.{0,2}|~)\//.test(value)
  )
}

/** `$(NAME)`, `${NAME}`, `{{ name }}`: another place has the value. */
function isFilledIn(text: string): boolean {
  return /\$\(|\$\{|\$[A-Z_]|\{\{|<%|%\{/.test(text)
}
