import { describe, expect, test } from 'vitest'
import type { KnownKeys } from '../../../scripts/cluster/container-variables.ts'
import { keyReads, lossOfKey, lossOfSecret } from '../../../scripts/cluster/key-reads.ts'
import { namesSecret, objectsOf, podOutline, type SourcesSpec } from '../../../scripts/cluster/pod-outline.ts'

const known: KnownKeys = { keysOf: ({ kind }) => (kind === 'Secret' ? ['A', 'B'] : undefined) }
const whole = { envFrom: [{ secretRef: { name: 's' } }] }
const optional = { envFrom: [{ secretRef: { name: 's', optional: true } }] }
const one = (key = 'A', more: object = {}) => ({
  env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 's', key, ...more } } }],
})
const mounting = (secret: object, mount: object = {}): SourcesSpec => ({
  containers: [{ name: 'main', volumeMounts: [{ name: 'v', mountPath: '/etc/s', ...mount }] }],
  volumes: [{ name: 'v', ...secret }],
})
const files = { secret: { secretName: 's' } }
const items = { secret: { secretName: 's', items: [{ key: 'A', path: 'keys/a.pem' }] } }
const projected = { projected: { sources: [{}, { secret: { name: 's', items: [{ key: 'A' }] } }] } }

describe('reads', () => {
  const reads = (spec: SourcesSpec) =>
    keyReads(podOutline(spec), known).map(({ container, role, key, name, isFixedAtStart }) => {
      return [container, role, key, name, isFixedAtStart ? 'fixed' : 'fresh'].join(' ')
    })

  test('each container by itself', () => {
    const spec: SourcesSpec = {
      initContainers: [
        { name: 'migrate', ...one() },
        { name: 'proxy', restartPolicy: 'Always', ...one() },
      ],
      containers: [{ name: 'web', env: [{ name: 'X', value: '' }, ...one('B').env] }],
      ephemeralContainers: [{ name: 'debug', ...one() }],
    }
    expect(reads(spec)).toEqual([
      'migrate init A X fixed',
      'proxy sidecar A X fixed',
      'web main B X fixed',
      'debug ephemeral A X fixed',
    ])
  })

  test('files, of a volume that is mounted', () => {
    expect(reads(mounting(files))).toEqual(['main main A /etc/s/A fresh', 'main main B /etc/s/B fresh'])
    expect(reads(mounting(items))).toEqual(['main main A /etc/s/keys/a.pem fresh'])
    expect(reads(mounting(projected))).toEqual(['main main A /etc/s/A fresh'])
    expect(reads({ ...mounting(files), containers: [{ name: 'main' }] })).toEqual([])
  })

  test('a part of a volume is fixed, and holds nothing else', () => {
    expect(reads(mounting(files, { mountPath: '/k', subPath: 'A' }))).toEqual(['main main A /k fixed'])
    expect(reads(mounting(items, { subPath: 'keys' }))).toEqual(['main main A /etc/s/a.pem fixed'])
    expect(reads(mounting(items, { subPath: './keys/' }))).toEqual(['main main A /etc/s/a.pem fixed'])
    expect(reads(mounting(items, { subPath: 'key' }))).toEqual([])
  })
})

describe('what names a Secret', () => {
  test.each<[string, SourcesSpec]>([
    ['envFrom', { containers: [whole] }],
    ['a variable of an init container', { initContainers: [one()] }],
    ['a volume', mounting(files)],
    ['a projected volume', mounting(projected)],
    ['a pull Secret', { imagePullSecrets: [{ name: 's' }] }],
    ['a CSI driver', mounting({ csi: { nodePublishSecretRef: { name: 's' } } })],
    ['another driver', mounting({ rbd: { secretRef: { name: 's' } } })],
    ['Azure', mounting({ azureFile: { secretName: 's' } })],
  ])('%s', (_, spec) => {
    expect(objectsOf(podOutline(spec))).toEqual([{ kind: 'Secret', name: 's' }])
    expect(namesSecret(podOutline(spec), 's')).toBe(true)
    expect(namesSecret(podOutline(spec), 't')).toBe(false)
  })

  test('nothing: ConfigMaps, plain values, volumes nobody mounts, references without a name', () => {
    const spec: SourcesSpec = {
      containers: [
        {
          envFrom: [{ configMapRef: { name: 's' } }, { secretRef: {} }, {}],
          env: [{ name: 's', value: 's' }, { name: 'F', valueFrom: {} }, {}],
        },
      ],
      volumes: [{ name: 'v', ...files }, {}, { projected: {} }],
      imagePullSecrets: [{}],
    }
    expect(namesSecret(podOutline(spec), 's')).toBe(false)
    expect(namesSecret(podOutline({}), 's')).toBe(false)
  })
})

test('no value of a variable is kept', () => {
  const outline = podOutline({ containers: [{ name: 'c', env: [{ name: 'PASSWORD', value: 'hunter2 $(A)' }] }] })
  expect(JSON.stringify(outline)).not.toContain('hunter2')
  expect(outline.containers[0]?.env).toEqual([
    { name: 'PASSWORD', from: { type: 'value', isEmpty: false, names: ['A'] } },
  ])
})

describe('when the key A, or the Secret, goes away', () => {
  const shadow = { env: [{ name: 'A', value: 'x' }] }
  test.each<[string, SourcesSpec, string, string]>([
    ['nothing reads it', { containers: [{ env: [{ name: 'A', value: 'x' }] }] }, 'nothing', 'nothing'],
    ['envFrom', { containers: [whole] }, 'starts-without', 'does-not-start'],
    ['optional envFrom', { containers: [optional] }, 'starts-without', 'starts-without'],
    ['envFrom under a value', { containers: [{ ...whole, ...shadow }] }, 'nothing', 'does-not-start'],
    ['a variable', { containers: [one()] }, 'does-not-start', 'does-not-start'],
    ['a variable of another key', { containers: [one('B')] }, 'nothing', 'does-not-start'],
    ['an optional variable', { containers: [one('A', { optional: true })] }, 'starts-without', 'starts-without'],
    [
      'a variable under a value, which is looked up all the same',
      { containers: [{ env: [...one().env, { name: 'X', value: 'x' }] }] },
      'does-not-start',
      'does-not-start',
    ],
    ['an init container', { initContainers: [one()], containers: [{}] }, 'does-not-start', 'does-not-start'],
    ['a sidecar', { initContainers: [{ restartPolicy: 'Always', ...one() }] }, 'does-not-start', 'does-not-start'],
    ['one container of two', { containers: [optional, one()] }, 'does-not-start', 'does-not-start'],
    ['an ephemeral container', { containers: [{}], ephemeralContainers: [one()] }, 'nothing', 'nothing'],
    ['all files', mounting(files), 'starts-without', 'does-not-start'],
    ['a file that is named', mounting(items), 'does-not-start', 'does-not-start'],
    ['an optional file', mounting({ secret: { ...items.secret, optional: true } }), 'starts-without', 'starts-without'],
    [
      'a file of another key',
      mounting({ secret: { secretName: 's', items: [{ key: 'B' }] } }),
      'nothing',
      'does-not-start',
    ],
    ['a projected file', mounting(projected), 'does-not-start', 'does-not-start'],
    ['a part of a volume', mounting(files, { subPath: 'A' }), 'starts-without', 'does-not-start'],
    ['a part of a volume, of another key', mounting(files, { subPath: 'B' }), 'nothing', 'does-not-start'],
    ['a volume nobody mounts', { containers: [{}], volumes: [{ name: 'v', ...items }] }, 'nothing', 'nothing'],
    ['a driver', mounting({ csi: { nodePublishSecretRef: { name: 's' } } }), 'nothing', 'does-not-start'],
    ['a pull Secret', { imagePullSecrets: [{ name: 's' }] }, 'nothing', 'starts-without'],
  ])('%s', (_, spec, ofKey, ofSecret) => {
    expect(lossOfKey(podOutline(spec), 's', 'A', known)).toBe(ofKey)
    expect(lossOfSecret(podOutline(spec), 's')).toBe(ofSecret)
    expect([lossOfKey(podOutline(spec), 't', 'A', known), lossOfSecret(podOutline(spec), 't')]).toEqual([
      'nothing',
      'nothing',
    ])
  })

  test('the key counts as there before, whatever is known', () => {
    const gone: KnownKeys = { keysOf: () => 'absent' }
    expect(lossOfKey(podOutline({ containers: [whole] }), 's', 'A', gone)).toBe('starts-without')
    expect(lossOfKey(podOutline(mounting(files)), 's', 'A', gone)).toBe('starts-without')
  })

  test('images are pulled without the key of a pull Secret', () => {
    const pulling = podOutline({ imagePullSecrets: [{ name: 's' }] })
    expect(lossOfKey(pulling, 's', '.dockerconfigjson', known)).toBe('starts-without')
  })
})
