/**
 * Texts that a template engine, a shell or a secret manager would have replaced, and that nothing replaces on the way from
 * Scaleway to a workload: `${NAME}`, `$(NAME)`, `{{ name }}`, `#{name}#`, `op://vault/item/field`.
 */

/** Anywhere in a line: nothing that a random value has in it by chance. */
const braced = /\$\{[A-Za-z_][^{}]*\}|\$\([A-Za-z_][\w.-]*\)|\{\{[^{}]*\}\}|<%[^<>]*%>|#\{[A-Za-z_][\w. -]*\}#?/

/** `$NAME` and `%NAME%`, as a whole. `$2a$10$…` of a bcrypt hash is not one, nor is `%C3%A9`, an encoded letter. */
const bare = /\$[A-Z_][A-Z0-9_]*|%[A-Z_][A-Z0-9_]+%/

/** What would have to be replaced in a URL: the names without braces only where they are a whole part of it. */
export const referenceInUrl = new RegExp(`${braced.source}|(?<=[/:@.,?=&-])(?:${bare.source})(?=[/:@.,?=&#-]|$)`, 'g')

/** Whether a line has a reference in it. */
export function hasReference(line: string): boolean {
  return braced.test(line) || isReference(line)
}

/** Whether a text is a reference as a whole. */
export function isReference(text: string): boolean {
  return wholly.test(text) || schemes.test(text)
}

/** Whether a text is a value that somebody has encrypted, and that nothing decrypts on the way. */
export function isEncrypted(text: string): boolean {
  return /^(ENC\[[A-Z0-9_]+,|ENC\([^()]+\)$|\$ANSIBLE_VAULT;|-----BEGIN (PGP MESSAGE|AGE ENCRYPTED FILE)-----)/.test(
    text,
  )
}

// --- internal ---

const wholly = new RegExp(`^(?:${braced.source}|${bare.source})$`)

/** References of secret managers and of their command lines, and those of a catalogue here: `path:/folder/name`. */
const schemes = new RegExp(
  `^(?:${[
    '(?:op|bws|doppler|pass|keyring|secret|secrets|awssm|awsps|gcpsm|azkv|sm|scw|infisical|berglas|secretref)://\\S+',
    '(?:ref\\+\\w+|vault|keyvault)(?:://|:)[^\\s:]\\S*',
    'arn:aws[\\w-]*:(?:secretsmanager|ssm):\\S+',
    'projects/[^\\s/]+/secrets/\\S+',
    'path:/\\S+',
    '(?:env|file):(?://)?[A-Za-z_/.]\\S*',
    '@Microsoft\\.KeyVault\\(.*\\)',
    '@(?:\\.{0,2}|~)/\\S+',
    '!(?:vault|secret|ENV)\\b.*',
  ].join('|')})$`,
)
