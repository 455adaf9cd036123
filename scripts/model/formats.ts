import { generateKeyPairSync } from 'node:crypto'
import { certificatePem } from './certificate.ts'
import { define, type FormatDefinition, KiB, type RandomText } from './formats/definition.ts'
import { checkDockerConfig, dockerConfig } from './formats/docker-config.ts'
import { type Doubt, doubtsAbout } from './formats/doubts.ts'
import { lengthFormat } from './formats/length.ts'
import { checkLine, tooShort } from './formats/line.ts'
import { number } from './formats/number.ts'
import { checkCertificates, checkPrivateKey } from './formats/pem.ts'
import { checkHost, checkUrl, url } from './formats/url.ts'

/** What a value must look like. A family such as `exactly 32 characters` carries its number in its name. */
export type Format =
  | PlainFormat
  | `exactly ${number} characters`
  | `exactly ${number} bytes`
  | `at least ${number} characters`

/** A format whose name takes no number. */
export type PlainFormat = keyof typeof plainFormats

/**
 * The definition behind a format's name.
 *
 * @returns undefined when there is no such format; a rule reports it
 */
export function formatDefinition(format: string): FormatDefinition | undefined {
  if (Object.hasOwn(plainFormats, format)) return plainFormats[format as keyof typeof plainFormats]
  return lengthFormat(format)
}

/** Names of the formats that take no number, for messages and documentation. */
export function plainFormatNames(): string[] {
  return Object.keys(plainFormats)
}

/** What is wrong with the value, without any part of it; undefined when it fits. */
export function checkValue(format: string, value: string): string | undefined {
  const definition = formatDefinition(format)
  if (!definition) return `has the unknown format "${format}"`
  const bytes = Buffer.byteLength(value, 'utf8')
  if (bytes <= definition.maxBytes) return definition.check(value)
  // A line break too many, or a character that nobody sees, says more than a length.
  const line = definition.isOneLine && bytes <= mayBeChecked ? checkLine(value) : undefined
  return line ?? `is ${bytes} bytes long, more than ${definition.maxBytes}`
}

/** Why a value that fits its format is probably not the one that is meant, without any part of it. */
export function doubtValue(format: string, value: string): Doubt[] {
  const definition = formatDefinition(format)
  return definition ? doubtsAbout(definition, value) : []
}

// --- internal ---

/** What is far too long is not read for more that is wrong with it. */
const mayBeChecked = 4 * KiB

const plainFormats = {
  'postgresql-url': url(
    'PostgreSQL URL',
    { schemes: ['postgresql', 'postgres'], manyHosts: true, hostInQuery: true, isDatabase: true },
    (r) => `postgresql://user_${r(6)}:${r(24)}@postgres.internal.example:5432/${r(8)}?sslmode=require`,
  ),
  'mongodb-url': url(
    'MongoDB URL',
    { schemes: ['mongodb', 'mongodb+srv'], manyHosts: true, isDatabase: true },
    (r) =>
      `mongodb://user_${r(6)}:${r(24)}@mongo-0.internal.example:27017,mongo-1.internal.example:27017/${r(8)}?replicaSet=rs0`,
  ),
  'redis-url': url(
    'Redis URL',
    { schemes: ['redis', 'rediss'], isDatabase: true },
    (r) => `rediss://default:${r(24)}@redis.internal.example:6379/0`,
  ),
  'http-url': url('http(s) URL', { schemes: ['http', 'https'] }, (r) => `https://${r(8)}.internal.example/`),
  'http-url-or-host': define({
    title: 'http(s) URL or host name',
    expected:
      'an http(s) URL, a host name with dots, or any host with its port, such as https://s3.example, s3.example or minio:9000',
    maxBytes: 2 * KiB,
    doubts: 'url',
    check: checkUrlOrHost,
    generate: (r) => `https://s3-${r(6)}.internal.example`,
  }),
  'sentry-dsn': define({
    title: 'Sentry DSN',
    expected: 'an http(s) URL with a public key before the host and a project id at its end: https://<key>@<host>/<id>',
    maxBytes: 2 * KiB,
    doubts: 'url',
    check: checkSentryDsn,
    generate: (r) => `https://${hex(r(32))}@sentry.internal.example/${digits(r(6))}`,
  }),
  'random-secret': define({
    title: 'random secret',
    expected: 'at least 32 characters on one line',
    maxBytes: 1 * KiB,
    generatable: true,
    doubts: 'secret',
    check: (value) => tooShort(value, 32) ?? checkLine(value),
    generate: (r) => r(48),
  }),
  token: define({
    title: 'token',
    expected: 'one line without white space around it',
    maxBytes: 4 * KiB,
    doubts: 'secret',
    check: checkLine,
    generate: (r) => r(40),
  }),
  boolean: define({
    title: 'boolean',
    expected: 'true or false, in lowercase',
    maxBytes: 5,
    check: (value) => {
      if (value === 'true' || value === 'false') return undefined
      return (value === '' ? undefined : checkLine(value)) ?? 'is neither true nor false'
    },
    generate: () => 'false',
  }),
  number,
  'pem-certificate': define({
    title: 'PEM certificate',
    expected: 'one or more certificates in PEM form, each with its BEGIN and END on lines of their own',
    maxBytes: 16 * KiB,
    isOneLine: false,
    check: checkCertificates,
    generate: (r) => certificatePem(`ca-${r(8)}.internal.example`),
  }),
  'pem-private-key': define({
    title: 'PEM private key',
    expected: 'one private key in PEM form, with its BEGIN and END on lines of their own',
    maxBytes: 16 * KiB,
    isOneLine: false,
    check: checkPrivateKey,
    generate: () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }),
  dockerconfigjson: define({
    title: 'registry credentials',
    expected: 'JSON as `docker login` writes it: {"auths":{"<registry>":{"auth":"<base64 of user:password>"}}}',
    maxBytes: 16 * KiB,
    isOneLine: false,
    check: checkDockerConfig,
    generate: (r) => dockerConfig('registry.internal.example', `user-${r(6)}`, r(24)),
  }),
  region: pattern(
    'region name',
    'a region such as fr-par, eu-west-1 or gra',
    /^[a-z][a-z0-9]+(-[a-z0-9]+)*$/,
    () => 'fr-par',
  ),
  'bucket-name': pattern(
    'bucket name',
    '3 to 63 lowercase letters, digits, dots and hyphens, with a letter or digit at both ends',
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    (r) => `bucket-${r(12)}`,
  ),
  identifier: pattern(
    'identifier',
    '1 to 256 characters out of letters, digits and . _ - @ + : /',
    /^[A-Za-z0-9._@+:/-]{1,256}$/,
    (r) => `id-${r(12)}`,
  ),
  text: define({
    title: 'text',
    expected: 'any text that is not empty',
    maxBytes: 64 * KiB,
    isOneLine: false,
    doubts: 'text',
    check: (value) => (value === '' ? 'is empty' : undefined),
    generate: (r) => r(24),
  }),
} satisfies Record<string, FormatDefinition>

function pattern(
  title: string,
  expected: string,
  regexp: RegExp,
  generate: (random: RandomText) => string,
): FormatDefinition {
  const check = (value: string) =>
    checkLine(value) ?? (regexp.test(value) ? undefined : 'has a character or a length that is not allowed')
  return define({ title, expected, maxBytes: 256, doubts: 'name', check, generate })
}

/** A word alone is not a host: it is as likely a secret that was pasted into the wrong place. */
function checkUrlOrHost(value: string): string | undefined {
  const line = checkLine(value)
  if (line) return line
  if (value.includes('://')) return checkUrl(value, { schemes: ['http', 'https'] })
  const [, host = '', port] = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)(?::(\d+))?$/.exec(value) ?? []
  const isHost = host !== '' && host.split('.').every((label) => !/^-|-$/.test(label))
  const isPlain = host.includes('.') || host.startsWith('[') || port !== undefined
  return isHost && isPlain ? checkHost({ host, ...(port === undefined ? {} : { port }) }) : 'is not a URL'
}

/** Also `http`, as within a cluster, and with a slash at its end. */
function checkSentryDsn(value: string): string | undefined {
  const problem = checkUrl(value, { schemes: ['http', 'https'] })
  if (problem) return problem
  const match = /^https?:\/\/([^@/]*)@[^/?#]+\/(.*)$/i.exec(value)
  if (!match) return 'has no public key before its host, or no project id'
  if (!/^[A-Za-z0-9]+(:[A-Za-z0-9]+)?$/.test(match[1] ?? '')) return 'has no public key before its host'
  return /^([^?#]*\/)?\d+\/?$/.test(match[2] ?? '') ? undefined : 'does not end with a project id'
}

const hex = (text: string) => Buffer.from(text).toString('hex').slice(0, text.length)
const digits = (text: string) => [...text].map((c) => (c.charCodeAt(0) % 9) + 1).join('')
