import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applicationOf } from '../../../../scripts/inspect/import/draft.ts'
import { draftFiles } from '../../../../scripts/inspect/import/draft-text.ts'
import { importReport } from '../../../../scripts/inspect/import/import-report.ts'
import { namedTiers, prepareDraft } from '../../../../scripts/inspect/import/prepare-draft.ts'
import { parseDocuments } from '../../../../scripts/inspect/inputs/parse-documents.ts'
import { isError, ProblemError } from '../../../../scripts/lib/problems.ts'
import { checkApplication } from '../../../../scripts/model/rules/index.ts'

/** Every field that is read, so that anything may be where something else is expected. */
const fields = [
  ...['spec', 'data', 'dataFrom', 'extract', 'key', 'property', 'secretKey', 'remoteRef', 'target', 'template', 'name'],
  ...['secretStoreRef', 'provider', 'scaleway', 'projectId', 'region', 'containers', 'envFrom', 'env', 'secretRef'],
  ...['valueFrom', 'secretKeyRef', 'volumes', 'selector', 'matchLabels', 'ports', 'containerPort', 'ingress', 'from'],
  ...['podSelector', 'namespaceSelector', 'egress', 'to', 'ipBlock', 'cidr', 'port', 'hard', 'limits', 'rewrite'],
]
const leaf = fc.oneof(
  fc.constantFrom(
    'a',
    'path:/x/y',
    'name:z',
    'kubernetes.io/tls',
    '../..',
    '__proto__',
    'constructor',
    '\u0000',
    '\u202e',
  ),
  fc.integer({ min: -5, max: 99_999 }),
  fc.constant(null),
  fc.boolean(),
  fc.string({ unit: 'binary', maxLength: 5 }),
)
const { anything } = fc.letrec((tie) => ({
  anything: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    leaf,
    fc.array(tie('anything'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...fields), tie('anything'), { maxKeys: 5 }),
  ),
}))
const kinds = [
  ...['external-secrets.io/v1 ExternalSecret', 'external-secrets.io/v1beta1 ClusterExternalSecret', 'v1 Service'],
  ...['external-secrets.io/v1 SecretStore', 'apps/v1 Deployment', 'batch/v1 CronJob', 'v1 Secret', 'v1 ResourceQuota'],
  ...['networking.k8s.io/v1 NetworkPolicy', 'networking.k8s.io/v1 Ingress', 'v1 Pod', 'v1 LimitRange'],
]
const object = fc.record({
  kind: fc.constantFrom(...kinds),
  namespace: fc.constantFrom('shop-web', 'shop-api', undefined),
  name: fc.constantFrom('a', 'b', 'ui', '__proto__', 'Not Valid!'),
  spec: anything,
  data: anything,
})

test('whatever manifests hold, a draft passes every rule, or a problem says why there is none', () => {
  let drafts = 0
  fc.assert(
    fc.property(fc.array(object, { minLength: 1, maxLength: 8 }), (objects) => {
      const texts = objects.map(({ kind, name, namespace, spec, data }) => {
        const [apiVersion, ofKind] = kind.split(' ')
        return JSON.stringify({ apiVersion, kind: ofKind, metadata: { name, namespace }, spec, data })
      })
      const always = [
        ...['web', 'api'].map((tier) => ({
          apiVersion: 'external-secrets.io/v1',
          kind: 'ExternalSecret',
          metadata: { name: 'sure', namespace: `shop-${tier}` },
          spec: { data: [{ secretKey: 'SURE', remoteRef: { key: `path:/shop-${tier}/sure` } }] },
        })),
      ].map((one) => JSON.stringify(one))
      const parsed = parseDocuments({ path: 'x', text: [...texts, ...always].join('\n---\n') })
      try {
        const set = { environment: 'live', inputs: { ...parsed, examples: [] } }
        const draft = prepareDraft([set], { application: undefined, tiers: namedTiers([]) })
        expect(checkApplication(applicationOf(draft)).filter(isError)).toEqual([])
        draftFiles(draft, 'x')
        importReport(draft)
        drafts++
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error
      }
    }),
    { numRuns: 400 },
  )
  expect(drafts).toBeGreaterThan(200)
})
