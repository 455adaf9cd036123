import { crc32 } from 'node:zlib'
import type { Arguments } from '../http/arguments.ts'
import type { SecretType } from './records.ts'

export interface Payload {
  readonly bytes: Buffer
  /** As supplied by the client and verified; null when it supplied none. */
  readonly crc32: number | null
}

/**
 * Reads `data` and `data_crc32` of a new version and checks them against the secret's type.
 * Help messages name JSON keys and types, never a value.
 *
 * @throws ApiError 400 through `args.done()`.
 */
export function readPayload(args: Arguments, type: SecretType, maxBytes: number): Payload {
  const text = args.text('data', { required: true }) ?? ''
  const bytes = decodeBase64(text)
  const checksum = args.integer('data_crc32', 0, 0xffffffff)
  if (!bytes) args.refuse('data', 'format', 'expected base64')
  else if (bytes.length > maxBytes) args.refuse('data', 'constraint', `expected at most ${maxBytes} bytes`)
  else if (checksum !== undefined && crc32(bytes) !== checksum)
    args.refuse('data_crc32', 'constraint', 'the checksum does not match the data')
  else if (text !== '') {
    const help = typeProblems(type, bytes)
    if (help.length > 0) args.refuse('data', 'format', help.map((line) => `- ${line}\n`).join(''))
  }
  args.done()
  return { bytes: bytes ?? Buffer.alloc(0), crc32: checksum ?? null }
}

/** What a payload of this type gets wrong; an empty list means valid. Worded as the recorded 400 of key_value. */
export function typeProblems(type: SecretType, payload: Buffer): string[] {
  if (type === 'opaque') return []
  if (type === 'certificate') return isPem(payload.toString('latin1')) ? [] : ['(root): expected PEM blocks']
  const value = parseJson(payload)
  if (value === undefined) return ['(root): Invalid JSON']
  if (jsonType(value) !== 'object') return [`(root): ${wrongType('object', value)}`]
  const fields = new Map(Object.entries(value as object))
  if (type === 'key_value') return notTexts(fields, [...fields.keys()])
  const expected = fieldsOf[type]
  return [
    ...expected.filter((name) => !fields.has(name)).map((name) => `(root): ${name} is required`),
    ...[...fields.keys()]
      .filter((name) => !expected.includes(name))
      .map((name) => `(root): Additional property ${name} is not allowed`),
    ...notTexts(
      fields,
      expected.filter((name) => fields.has(name)),
    ),
    ...(type === 'database_credentials' ? databaseProblems(fields) : []),
  ]
}

// --- internal ---

const fieldsOf: Readonly<Record<'basic_credentials' | 'database_credentials' | 'ssh_key', readonly string[]>> = {
  basic_credentials: ['username', 'password'],
  database_credentials: ['engine', 'username', 'password', 'host', 'dbname', 'port'],
  ssh_key: ['ssh_private_key'],
}

const engines = ['postgres', 'mysql', 'other']

function databaseProblems(fields: ReadonlyMap<string, unknown>): string[] {
  const engine = fields.get('engine')
  const port = fields.get('port')
  const lines: string[] = []
  if (typeof engine === 'string' && !engines.includes(engine))
    lines.push(`engine: must be one of the following: ${engines.join(', ')}`)
  if (typeof port === 'string' && !(/^\d{1,5}$/.test(port) && Number(port) <= 65535))
    lines.push('port: must be an integer from 0 to 65535')
  return lines
}

function notTexts(fields: ReadonlyMap<string, unknown>, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const value = fields.get(name)
    return typeof value === 'string' ? [] : [`${name}: ${wrongType('string', value)}`]
  })
}

function wrongType(expected: string, value: unknown): string {
  return `Invalid type. Expected: ${expected}, given: ${jsonType(value)}`
}

function jsonType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

/** One or more PEM blocks and nothing else; line by line, so that a long payload costs no more than its length. */
function isPem(text: string): boolean {
  let label: string | undefined
  let blocks = 0
  for (const line of text.split(/\r?\n/)) {
    const mark = /^-----(BEGIN|END) ([A-Z0-9 ]+)-----\s*$/.exec(line)
    if (label === undefined) {
      if (mark?.[1] === 'BEGIN') label = mark[2]
      else if (line.trim() !== '') return false
    } else if (mark) {
      if (mark[1] !== 'END' || mark[2] !== label) return false
      label = undefined
      blocks++
    } else if (!/^[A-Za-z0-9+/=:, -]*\s*$/.test(line)) return false
  }
  return label === undefined && blocks > 0
}

/** A byte order mark is not JSON. */
function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload))
  } catch {
    return undefined
  }
}

/** Standard alphabet with padding, as Go and the official SDK write it; Node alone would skip what it can't read. */
function decodeBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  return Buffer.from(text, 'base64')
}
