import { checkValue, type Format, plainFormatNames } from '../../model/formats.ts'

/** A format and what it was guessed by. */
export interface GuessedFormat {
  readonly format: Format
  readonly by: 'name' | 'neighbours' | 'example'
}

/**
 * What a value probably looks like. A format that is too narrow would refuse the value that is there already: where a name
 * says little, the format accepts more.
 *
 * @param neighbours names of the other variables that the same program reads
 * @param example what an example of a `.env` has, if anything
 */
export function guessFormat(name: string, neighbours: readonly string[], example?: string): GuessedFormat {
  const shown = example === undefined ? undefined : formatOfExample(example)
  if (shown !== undefined) return { format: shown, by: 'example' }
  const near = byNeighbours.find(({ of, beside }) => of.test(name) && neighbours.some((other) => beside.test(other)))
  if (near) return { format: near.format, by: 'neighbours' }
  return { format: byName.find(({ of }) => of.test(name))?.format ?? 'text', by: 'name' }
}

// --- internal ---

/** Formats whose values look like nothing else. */
const telling = plainFormatNames().filter((format) => /-(url|dsn)$|^(boolean|number|pem-)/.test(format)) as Format[]

function formatOfExample(example: string): Format | undefined {
  const fitting = telling.filter((format) => checkValue(format, example) === undefined)
  return fitting.find((format) => format === 'sentry-dsn') ?? fitting[0]
}

interface ByName {
  readonly of: RegExp
  readonly format: Format
}

/** The first that fits. Names as programs have them: `SMTP_HOST`, `databaseUrl`, `db-password`. */
const byName: readonly ByName[] = [
  { of: /sentry.*dsn/i, format: 'sentry-dsn' },
  { of: /(postgres(ql)?|^pg)[\w-]*(url|uri|dsn)$/i, format: 'postgresql-url' },
  { of: /mongo(db)?[\w-]*(url|uri)$/i, format: 'mongodb-url' },
  { of: /(redis|valkey)[\w-]*(url|uri)$/i, format: 'redis-url' },
  {
    of: /(database|db|amqp|rabbit\w*|smtp|e?mail\w*|imap|mysql|maria\w*|mssql|kafka|nats|mqtt|jdbc\w*|ldaps?|brokers?|cache|queue|transport|neo4j|bolt|clickhouse|cassandra|git|ssh|s?ftp|s3|ws|websocket|proxy)([_-]?\w+)?[_-]?(url|uri|dsn)$/i,
    format: 'text',
  },
  {
    of: /(jwt|jws|rsa|ecdsa|tls|ssl|x509|saml|oidc|oauth|sign(ing)?|cert(ificate)?|github|google|gcp|firebase|apple|apns|docusign|snowflake)[\w-]*private[_-]?key|[_-](key|tls)[_-]?pem$|private[_-]?key[_-]?pem$|^tls[._-]key$/i,
    format: 'pem-private-key',
  },
  // Those of Web Push, WireGuard, a wallet and many services are a few characters, and some are PEM.
  { of: /private[_-]?key/i, format: 'text' },
  { of: /(^|[_-])(ca|ca[_-]?cert|cacert|cert|certificate|crt)([_-]?pem)?$|^tls[._-]crt$/i, format: 'pem-certificate' },
  { of: /(^|[_-])(enabled|disabled|debug|verbose|ignore[_-]?ssl|use[_-]\w+|is[_-]\w+)$/i, format: 'boolean' },
  { of: /(^|[_-])(port|timeout|ttl|retries|concurrency|max[_-]\w+|limit|\w+[_-](ms|seconds))$/i, format: 'number' },
  { of: /bucket(_name)?$/i, format: 'bucket-name' },
  { of: /region$/i, format: 'region' },
  { of: /(s3|minio|storage)[\w-]*endpoint$/i, format: 'http-url-or-host' },
  { of: /(^|[_-])(url|uri)$/i, format: 'http-url' },
  { of: /(^|[_-])(index|login|user(name)?|client_id)$/i, format: 'identifier' },
  {
    of: /(password|passwd|passphrase|secret|token|api[_-]?key|apikey|access[_-]?key|secret[_-]?key|_key)$/i,
    format: 'token',
  },
]

/** A name that says little by itself. */
const byNeighbours: readonly (ByName & { readonly beside: RegExp })[] = [
  { of: /(database|db)[_-]?(url|uri)$/i, beside: /postgres|^pg|prisma/i, format: 'postgresql-url' },
  {
    of: /(^|_)(user(name)?|client_id|access_key_id|login)$/i,
    beside: /(password|secret|token)(_\w+)?$/i,
    format: 'identifier',
  },
]
