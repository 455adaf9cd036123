import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../scripts/chart/manifests.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { chartOf, find, helm4, manifestsOf } from '../helpers/chart.ts'

/**
 * The names of Trackdéchets to the letter. Everything expected is written down here: nothing comes from the model,
 * which would be wrong in the same way.
 */
const environments = [
  ['recette', '00000000-0000-4000-8000-000000000001'],
  ['sandbox', '00000000-0000-4000-8000-000000000002'],
  ['production', '00000000-0000-4000-8000-000000000003'],
] as const

const backend = `
  API_TOKEN_SECRET api-token-secret
  DATABASE_URL database-url
  ELASTIC_SEARCH_URL elasticsearch-url
  MONGO_URL mongo-url
  QUEUE_MONITOR_TOKEN queue-monitor-token
  REDIS_URL redis-url
  SESSION_SECRET session-secret
  SIB_APIKEY sib-apikey
  WEBHOOK_TOKEN_ENCRYPTION_KEY webhook-token-encryption-key`

const bundles = `
  gotenberg GOTENBERG_TOKEN GOTENBERG_URL
  insee INSEE_CLIENT_ID INSEE_CLIENT_SECRET INSEE_PASSWORD INSEE_USERNAME
  s3 S3_ACCESS_KEY_ID S3_BSD_TEMPLATES_BUCKET S3_BUCKET S3_ENDPOINT S3_REGION S3_REGISTRY_ERRORS_BUCKET S3_REGISTRY_EXHAUSTIVE_EXPORTS_BUCKET S3_REGISTRY_EXPORTS_BUCKET S3_REGISTRY_IMPORTS_BUCKET S3_REGISTRY_MODELS_BUCKET S3_SECRET_ACCESS_KEY S3_TEXS_ANALYSIS_BUCKET
  td-company-elasticsearch TD_COMPANY_ELASTICSEARCH_CACERT TD_COMPANY_ELASTICSEARCH_IGNORE_SSL TD_COMPANY_ELASTICSEARCH_INDEX TD_COMPANY_ELASTICSEARCH_URL`

const words = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(' '))

interface ExternalSecretSpec {
  readonly secretStoreRef: unknown
  readonly refreshInterval: string
  readonly target: { readonly name: string; readonly template: { readonly data?: Record<string, string> } }
  readonly data?: readonly { readonly secretKey: string; readonly remoteRef: { readonly key: string } }[]
  readonly dataFrom?: readonly { readonly extract: { readonly key: string } }[]
}

const specOf = (manifest: Manifest) => manifest.spec as unknown as ExternalSecretSpec
const refsOf = (manifest: Manifest) => specOf(manifest).data?.map((one) => [one.secretKey, one.remoteRef.key])

const { chart, values } = await chartOf(trackdechets)

describe.each(environments)('%s', async (environment, projectId) => {
  const manifests = await manifestsOf(helm4, chart, values(environment), '--namespace', 'trackdechets-secrets')

  test('has these objects and no others', () => {
    expect(
      manifests.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`).sort(),
    ).toEqual([
      'ExternalSecret trackdechets-backend/backend-optional-secrets',
      'ExternalSecret trackdechets-backend/backend-secrets',
      'ExternalSecret trackdechets-frontend/frontend-optional-secrets',
      'ExternalSecret trackdechets-frontend/frontend-secrets',
      'LimitRange trackdechets-backend/container-defaults',
      'LimitRange trackdechets-frontend/container-defaults',
      'Namespace /trackdechets-backend',
      'Namespace /trackdechets-frontend',
      'NetworkPolicy trackdechets-backend/allow-dns',
      'NetworkPolicy trackdechets-backend/allow-inside',
      'NetworkPolicy trackdechets-backend/allow-to-api',
      'NetworkPolicy trackdechets-backend/allow-to-databases',
      'NetworkPolicy trackdechets-backend/allow-to-https',
      'NetworkPolicy trackdechets-backend/allow-to-notifier',
      'NetworkPolicy trackdechets-backend/default-deny',
      'NetworkPolicy trackdechets-frontend/allow-dns',
      'NetworkPolicy trackdechets-frontend/allow-to-backend-api',
      'NetworkPolicy trackdechets-frontend/allow-to-ui',
      'NetworkPolicy trackdechets-frontend/default-deny',
      'ResourceQuota trackdechets-backend/tier-quota',
      'ResourceQuota trackdechets-frontend/tier-quota',
      'Role trackdechets-backend/secrets-operator',
      'Role trackdechets-backend/secrets-viewer',
      'Role trackdechets-frontend/secrets-operator',
      'Role trackdechets-frontend/secrets-viewer',
      'Secret trackdechets-secrets/boundary-trackdechets-backend',
      'Secret trackdechets-secrets/boundary-trackdechets-frontend',
      'SecretStore trackdechets-backend/backend-secretstore',
      'SecretStore trackdechets-frontend/frontend-secretstore',
      'ServiceAccount trackdechets-backend/backend-workloads',
      'ServiceAccount trackdechets-frontend/frontend-workloads',
      'ValidatingAdmissionPolicy /trackdechets-credentials',
      'ValidatingAdmissionPolicy /trackdechets-external-secrets',
      'ValidatingAdmissionPolicy /trackdechets-operator-secrets',
      'ValidatingAdmissionPolicy /trackdechets-other-kinds',
      'ValidatingAdmissionPolicy /trackdechets-secret-stores',
      'ValidatingAdmissionPolicyBinding /trackdechets-backend-credentials',
      'ValidatingAdmissionPolicyBinding /trackdechets-backend-external-secrets',
      'ValidatingAdmissionPolicyBinding /trackdechets-backend-operator-secrets',
      'ValidatingAdmissionPolicyBinding /trackdechets-backend-secret-stores',
      'ValidatingAdmissionPolicyBinding /trackdechets-frontend-credentials',
      'ValidatingAdmissionPolicyBinding /trackdechets-frontend-external-secrets',
      'ValidatingAdmissionPolicyBinding /trackdechets-frontend-operator-secrets',
      'ValidatingAdmissionPolicyBinding /trackdechets-frontend-secret-stores',
      'ValidatingAdmissionPolicyBinding /trackdechets-other-kinds',
    ])
  })

  test.each(['backend', 'frontend'])('the store of the %s reads its project with its own credential', (tier) => {
    const credential = `scw-${tier}-credentials`
    expect(find(manifests, 'SecretStore', `${tier}-secretstore`).spec).toEqual({
      provider: {
        scaleway: {
          region: 'fr-par',
          projectId,
          accessKey: { secretRef: { name: credential, key: 'access-key' } },
          secretKey: { secretRef: { name: credential, key: 'secret-key' } },
        },
      },
    })
  })

  test.each([
    ['backend', 'backend-secrets'],
    ['backend', 'backend-optional-secrets'],
    ['frontend', 'frontend-secrets'],
    ['frontend', 'frontend-optional-secrets'],
  ])('of the %s, %s reads its store once an hour and writes the target of its name', (tier, name) => {
    expect(specOf(find(manifests, 'ExternalSecret', name))).toMatchObject({
      refreshPolicy: 'Periodic',
      refreshInterval: '1h0m0s',
      secretStoreRef: { kind: 'SecretStore', name: `${tier}-secretstore` },
      target: { name, creationPolicy: 'Owner' },
    })
  })

  test('the backend has its nine single secrets', () => {
    expect(refsOf(find(manifests, 'ExternalSecret', 'backend-secrets'))).toEqual(
      words(backend).map(([variable, name]) => [variable, `path:/trackdechets-backend/${name}`]),
    )
  })

  test('the backend has its four bundles', () => {
    expect(
      specOf(find(manifests, 'ExternalSecret', 'backend-secrets')).dataFrom?.map(({ extract }) => extract.key),
    ).toEqual(words(bundles).map(([identity]) => `path:/trackdechets-backend/${identity}`))
  })

  test('the target of the backend has its 31 variables and no others', () => {
    const { data = {} } = specOf(find(manifests, 'ExternalSecret', 'backend-secrets')).target.template
    const expected = [...words(backend).map(([variable]) => variable), ...words(bundles).flatMap(([, ...keys]) => keys)]
    expect(Object.keys(data).sort()).toEqual(expected.sort())
    expect(expected).toHaveLength(31)
  })

  test('the frontend has its one secret', () => {
    expect(refsOf(find(manifests, 'ExternalSecret', 'frontend-secrets'))).toEqual([
      ['API_ENDPOINT', 'path:/trackdechets-frontend/api-endpoint'],
    ])
  })

  test.each(['backend', 'frontend'])('the %s has one optional secret', (tier) => {
    expect(refsOf(find(manifests, 'ExternalSecret', `${tier}-optional-secrets`))).toEqual([
      ['SENTRY_DSN', `path:/trackdechets-${tier}/sentry-dsn`],
    ])
  })
})
