import { createCipheriv, createDecipheriv, randomBytes, type ScryptOptions, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import { ProblemError } from './problems.ts'
import { isRecord } from './record.ts'

/** The unencrypted part of a sealed text: its owner and its time. It can't be changed without being noticed. */
export type SealHeader = Readonly<Record<string, unknown>>

export interface SealedTextOptions {
  readonly passphrase: string
  readonly header: SealHeader
  /** The cost of one guess of the passphrase. Default: 128 MiB of memory, about half a second */
  readonly cost?: number
}

/** A sealed text as it is stored: JSON, with everything needed to open it except the passphrase. */
interface Sealed {
  readonly sealed: typeof formatName
  readonly version: 1
  readonly header: SealHeader
  readonly kdf: { readonly name: 'scrypt'; readonly N: number; readonly r: number; readonly p: number; salt: string }
  readonly cipher: { readonly name: 'aes-256-gcm'; readonly iv: string; readonly tag: string }
  readonly ciphertext: string
}

/** Seals a text under a passphrase: gzip, then AES-256-GCM with a key that scrypt derives. */
export async function sealText(
  text: string,
  { passphrase, header, cost = defaultCost }: SealedTextOptions,
): Promise<string> {
  const salt = randomBytes(16)
  const kdf = { name: 'scrypt', N: cost, r: 8, p: 1, salt: salt.toString('base64') } as const
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', await deriveKey(passphrase, kdf), iv).setAAD(boundTo({ header, kdf }))
  const encrypted = Buffer.concat([cipher.update(gzipSync(text)), cipher.final()])
  const sealed: Sealed = {
    sealed: formatName,
    version: 1,
    header,
    kdf,
    cipher: { name: 'aes-256-gcm', iv: iv.toString('base64'), tag: cipher.getAuthTag().toString('base64') },
    ciphertext: encrypted.toString('base64'),
  }
  return `${JSON.stringify(sealed, undefined, 2)}\n`
}

/**
 * The opened text. Secret: never printed.
 *
 * @param where where the sealed text is from, for messages
 * @throws ProblemError `SEAL_UNREADABLE`, `SEAL_REFUSES`
 */
export async function openSealedText(sealedText: string, passphrase: string, where: string): Promise<string> {
  const sealed = parse(sealedText, where)
  const key = await deriveKey(passphrase, sealed.kdf)
  try {
    const { iv, tag } = sealed.cipher
    const options = { authTagLength: 16 }
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'), options)
      .setAAD(boundTo(sealed))
      .setAuthTag(Buffer.from(tag, 'base64'))
    const packed = Buffer.concat([decipher.update(Buffer.from(sealed.ciphertext, 'base64')), decipher.final()])
    return gunzipSync(packed, { maxOutputLength: maxLength }).toString('utf8')
  } catch {
    // The two can't be distinguished, by design.
    throw new ProblemError({
      code: 'SEAL_REFUSES',
      where,
      message:
        "can't be opened: the passphrase is wrong, or the text was changed. Expected the passphrase it was sealed with.",
      fix: 'Run the same command again with the right passphrase.',
    })
  }
}

/**
 * What can be read of a sealed text without its passphrase.
 *
 * @throws ProblemError `SEAL_UNREADABLE`
 */
export function readSealHeader(sealedText: string, where: string): SealHeader {
  return parse(sealedText, where).header
}

// --- internal ---

const formatName = 'tiered-secrets sealed text'
/** Source: OWASP Password Storage Cheat Sheet, scrypt: N=2^17, r=8, p=1. */
const defaultCost = 2 ** 17
const maxCost = 2 ** 20
const maxLength = 64 * 1024 * 1024

const scryptKey = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** The same passphrase typed on another keyboard may have different code points. */
function deriveKey(passphrase: string, { N, r, p, salt }: Sealed['kdf']): Promise<Buffer> {
  return scryptKey(passphrase.normalize('NFC'), Buffer.from(salt, 'base64'), 32, { N, r, p, maxmem: 256 * N * r })
}

function boundTo({ header, kdf }: Pick<Sealed, 'header' | 'kdf'>): Buffer {
  return Buffer.from(JSON.stringify([formatName, 1, header, kdf]))
}

function parse(text: string, where: string): Sealed {
  const sealed = parsed(text)
  if (sealed !== undefined) return sealed
  throw new ProblemError({
    code: 'SEAL_UNREADABLE',
    where,
    message: 'is not a complete sealed text. Expected a file that this command wrote.',
    fix: 'Correct the path, or use another copy of it.',
  })
}

function parsed(text: string): Sealed | undefined {
  try {
    const sealed = JSON.parse(text) as Partial<Sealed>
    const { header, kdf, cipher, ciphertext } = sealed
    const isOurs = sealed.sealed === formatName && sealed.version === 1
    const isWhole = [kdf?.salt, cipher?.iv, cipher?.tag, ciphertext].every((part) => typeof part === 'string')
    return isOurs && isWhole && isRecord(header) && isAffordable(kdf) ? (sealed as Sealed) : undefined
  } catch {
    return undefined
  }
}

/** Foreign numbers may ask for more memory than is available. */
function isAffordable(kdf: Sealed['kdf'] | undefined): boolean {
  const { N = 0, r, p } = kdf ?? {}
  return Number.isInteger(Math.log2(N)) && N > 1 && N <= maxCost && r === 8 && p === 1
}
