import { describe, expect, test } from 'vitest'
import { resolve } from '../../../scripts/model/resolve.ts'
import { readPayload } from '../../../scripts/payload/payload.ts'
import { jsonCases } from '../../fixtures/json-cases.ts'
import { applicationWith } from '../../helpers/applications.ts'

function remoteOf(secret: Parameters<typeof applicationWith>[0]) {
  const [remote] = resolve(applicationWith(secret), 'dev').tiers.flatMap(({ remoteSecrets }) => remoteSecrets)
  const [spec] = remote?.specs ?? []
  if (!remote || !spec) throw new Error('no remote secret')
  return { remote, spec }
}

/** A text, null where the field is null, undefined where there is none. */
function readingOf({ remote, spec }: ReturnType<typeof remoteOf>, text: string): string | null | undefined {
  const payload = readPayload(remote, Buffer.from(text))
  return payload.isNull(spec) ? null : payload.valueOf(spec)
}

describe.each(jsonCases)('$title', ({ text, properties, extract }) => {
  test.each(properties)('the property %j is what the operator delivers', (property, delivered) => {
    expect(readingOf(remoteOf({ secrets: [{ property }] }), text)).toBe(delivered)
  })

  test('a bundle is what the operator delivers', () => {
    const bundle = (variable: string) =>
      remoteOf({ secrets: [{ variable, identity: 'mail', layout: 'bundle' as const }] })
    for (const [variable, delivered] of extract ?? []) expect(readingOf(bundle(variable), text)).toBe(delivered)
    const payload = readPayload(bundle('another').remote, Buffer.from(text))
    if (!payload.hasUnfitKey) expect([...payload.extra].sort()).toEqual((extract ?? []).map(([name]) => name).sort())
    expect(payload.isReadable && !payload.hasUnfitKey).toBe(extract !== undefined)
  })
})
