import { createDecipheriv, scryptSync } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { openSealedText, readSealHeader, sealText } from '../../../scripts/lib/sealed-text.ts'
import { problemOf } from '../../helpers/problems.ts'

const passphrase = 'correct horse battery'
const header = { environment: 'recette', contents: ['Secret/a/b'] }
/** Little work, for tests. */
const cost = 2 ** 8
const text = JSON.stringify({ KEY: '$2a$10$é\n\u{1f5dd}' })

const sealed = await sealText(text, { passphrase, header, cost })
const changed = (change: (parts: ReturnType<typeof JSON.parse>) => object) => JSON.stringify(change(JSON.parse(sealed)))

describe('a sealed text', () => {
  test('opens with its passphrase, and tells its header without', async () => {
    expect(await openSealedText(sealed, passphrase, 'a file')).toBe(text)
    expect(readSealHeader(sealed, 'a file')).toEqual(header)
  })

  test('can be opened by anybody with scrypt, AES-256-GCM and gzip at hand', () => {
    const { kdf, cipher, ciphertext } = JSON.parse(sealed)
    const bytes = (base64: string) => Buffer.from(base64, 'base64')
    const key = scryptSync(passphrase, bytes(kdf.salt), 32, { N: kdf.N, r: kdf.r, p: kdf.p })
    const decipher = createDecipheriv('aes-256-gcm', key, bytes(cipher.iv))
    decipher.setAAD(Buffer.from(JSON.stringify(['tiered-secrets sealed text', 1, header, kdf])))
    decipher.setAuthTag(bytes(cipher.tag))
    const packed = Buffer.concat([decipher.update(bytes(ciphertext)), decipher.final()])
    expect(gunzipSync(packed).toString()).toBe(text)
  })

  test('holds nothing of the text or the passphrase, and is another one each time', async () => {
    const again = await sealText(text, { passphrase, header, cost })
    expect(JSON.parse(again).ciphertext).not.toBe(JSON.parse(sealed).ciphertext)
    for (const part of [passphrase, text, '$2a$10$', Buffer.from(text).toString('base64')])
      expect(sealed).not.toContain(part)
  })

  test('each guess of the passphrase costs 128 MiB', async () => {
    const { kdf } = JSON.parse(await sealText(text, { passphrase, header }))
    expect(128 * kdf.N * kdf.r).toBe(128 * 1024 * 1024)
  })

  test('takes the same passphrase from a keyboard that composes letters', async () => {
    const accented = await sealText(text, { passphrase: 'caf\u00e9 \u00e0 la cr\u00e8me', header, cost })
    expect(await openSealedText(accented, 'cafe\u0301 a\u0300 la cre\u0300me', 'a file')).toBe(text)
  })

  test.each([
    ['another passphrase', sealed, `${passphrase} `],
    [
      'a header that was changed',
      changed((parts) => ({ ...parts, header: { ...header, environment: 'x' } })),
      passphrase,
    ],
    ['a text that was changed', changed((parts) => ({ ...parts, ciphertext: 'AAAA' })), passphrase],
    ['a tag that was cut', changed((parts) => ({ ...parts, cipher: { ...parts.cipher, tag: 'AAAA' } })), passphrase],
  ])('refuses %s, and says nothing of either', async (_, given, typed) => {
    const { code, message, where } = await problemOf(openSealedText(given, typed, 'a file'))
    expect([code, where]).toEqual(['SEAL_REFUSES', 'a file'])
    expect(message).not.toContain(passphrase)
  })

  test.each([
    ['nothing', ''],
    ['half of it', sealed.slice(0, sealed.length / 2)],
    ['other JSON', '{"a":1}'],
    ['none', 'null'],
    ['a later version', changed((parts) => ({ ...parts, version: 2 }))],
    ['a work that needs terabytes', changed((parts) => ({ ...parts, kdf: { ...parts.kdf, N: 2 ** 40 } }))],
    ['a work that is not a power of two', changed((parts) => ({ ...parts, kdf: { ...parts.kdf, N: 1000 } }))],
    ['a missing part', changed((parts) => ({ ...parts, ciphertext: undefined }))],
  ])('%s is none', async (_, given) => {
    expect(await problemOf(openSealedText(given, passphrase, 'a file'))).toMatchObject({ code: 'SEAL_UNREADABLE' })
    expect(() => readSealHeader(given, 'a file')).toThrow('is not a complete sealed text')
  })
})
