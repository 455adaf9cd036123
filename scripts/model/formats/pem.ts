import { createPrivateKey, X509Certificate } from 'node:crypto'
import { hiddenCharacter } from './line.ts'

/** What is wrong with one or more certificates; a private key among them is refused. */
export function checkCertificates(value: string): string | undefined {
  if (/^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/m.test(value) || value.includes('PRIVATE KEY-----'))
    return 'holds a private key'
  const read = readPem(value, 'CERTIFICATE')
  if (typeof read === 'string') return read
  const others = read.filter(({ label }) => !/^((TRUSTED|X509) )?CERTIFICATE$/.test(label))
  if (others.length > 0) return 'holds something else than certificates'
  const broken = read.findIndex(({ text }) => !isCertificate(text))
  return broken === -1 ? undefined : `can't be decoded: certificate ${broken + 1} of ${read.length}`
}

/**
 * What is wrong with one private key in PEM form: PKCS #8, PKCS #1, SEC 1 with or without its parameters, or OpenSSH.
 * An encrypted one can't be decoded without its passphrase; its structure is checked.
 */
export function checkPrivateKey(value: string): string | undefined {
  const read = readPem(value, 'PRIVATE KEY')
  if (typeof read === 'string') return read
  const keys = read.filter(({ label }) => label.endsWith('PRIVATE KEY'))
  const [key] = keys
  if (!key) return 'holds no private key'
  if (keys.length > 1) return `holds ${keys.length} private keys`
  if (read.some(({ label }) => label !== key.label && !label.endsWith(' PARAMETERS')))
    return 'holds more than a private key'
  return isPrivateKey(key) ? undefined : "can't be decoded"
}

// --- internal ---

interface PemBlock {
  /** `CERTIFICATE`. */
  readonly label: string
  /** With its BEGIN and END lines. */
  readonly text: string
}

/**
 * The blocks of a PEM text (RFC 7468). Text before, between and after them is allowed, as `openssl` writes it. A BEGIN
 * or an END that shares its line with anything is not: OpenSSL, and so Node, then ends without an error after the blocks
 * before it, or finds none.
 *
 * @returns what is wrong, as a fact
 */
function readPem(value: string, expected: string): PemBlock[] | string {
  const lines = value.split(/\r?\n/)
  const marks = lines.flatMap((line, index) =>
    /-----(BEGIN|END)|(BEGIN|END) [A-Z0-9 ]+-----/.test(line) ? [index] : [],
  )
  if (marks.length > 0 && lines.some((line) => /-----.*\\[rn]/.test(line)))
    return 'has \\n as two characters instead of line breaks'
  if (marks.length === 0) return `has no complete BEGIN ${expected} and END ${expected} lines`
  const blocks: PemBlock[] = []
  let begun: { readonly label: string; readonly index: number } | undefined
  for (const index of marks) {
    const line = lines[index] ?? ''
    const [, mark, label = ''] = /^-----(BEGIN|END) ([A-Z0-9 ]+)-----[ \t]*$/.exec(line) ?? []
    if (mark === undefined) return markWithMore(line, index)
    if (mark === 'BEGIN' ? begun !== undefined : begun?.label !== label) return unpaired
    if (mark === 'BEGIN') begun = { label, index }
    else if (begun) {
      blocks.push({ label, text: `${lines.slice(begun.index, index + 1).join('\n')}\n` })
      begun = undefined
    }
  }
  return begun === undefined
    ? blocks
    : blocks.length === 0
      ? `has no complete BEGIN ${expected} and END ${expected} lines`
      : unpaired
}

const unpaired = 'has a BEGIN line without its END line, or an END line without its BEGIN line'

function markWithMore(line: string, index: number): string {
  const first = index === 0 && line.startsWith('\ufeff') ? hiddenCharacter(line) : undefined
  return first ?? `has a BEGIN or END, in line ${index + 1}, that is not a whole line by itself`
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined
  } catch {
    return false
  }
}

function isPrivateKey({ label, text }: PemBlock): boolean {
  if (label === 'OPENSSH PRIVATE KEY') return isOpenSshKey(bytesOf(text))
  if (label === 'ENCRYPTED PRIVATE KEY') return isWholeSequence(bytesOf(text))
  if (/^Proc-Type: 4,ENCRYPTED/m.test(text)) return bytesOf(text.replace(/^[A-Za-z-]+: .*$/gm, '')) !== undefined
  try {
    return createPrivateKey(text).type === 'private'
  } catch {
    return false
  }
}

/** Undefined: it is not base64, or nothing. */
function bytesOf(pem: string): Buffer | undefined {
  const body = pem.replace(/^-----.*$/gm, '').replace(/\s/g, '')
  return /^(?:[A-Za-z0-9+/]{4})+$|^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$/.test(body)
    ? Buffer.from(body, 'base64')
    : undefined
}

/** A DER sequence that is as long as it says: not cut off. */
function isWholeSequence(der: Buffer | undefined): boolean {
  if (der === undefined || der.length < 2 || der[0] !== 0x30) return false
  const first = der[1] ?? 0
  if (first < 0x80) return der.length === 2 + first
  const size = first - 0x80
  return size >= 1 && size <= 4 && der.length > 2 + size && der.length === 2 + size + der.readUIntBE(2, size)
}

/** Source of the structure: PROTOCOL.key of OpenSSH. */
function isOpenSshKey(bytes: Buffer | undefined): boolean {
  const magic = 'openssh-key-v1\0'
  if (bytes === undefined || bytes.toString('latin1', 0, magic.length) !== magic) return false
  let at = magic.length
  const skip = () => {
    at += at + 4 <= bytes.length ? 4 + bytes.readUInt32BE(at) : bytes.length + 1
  }
  for (let text = 0; text < 3; text++) skip()
  if (at + 4 > bytes.length) return false
  const keys = bytes.readUInt32BE(at)
  at += 4
  for (let part = 0; part < Math.min(keys, 16) + 1; part++) skip()
  return keys === 1 && at === bytes.length
}
