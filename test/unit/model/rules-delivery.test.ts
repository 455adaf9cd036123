import { expect, test } from 'vitest'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { Application, DeliverySpec } from '../../../scripts/model/types.ts'
import { applicationWith, environment, projects } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

const good = 'https://git.example.test/acme/shop.git'

/** The problems of the one environment, without where they are. */
function problemsOf(delivery: object): string[] {
  const application = applicationWith({ environments: { dev: environment({ delivery: delivery as DeliverySpec }) } })
  return checkApplication(application as Application).map(({ code, where, message }) => {
    expect(where).toBe('environment "dev" delivery')
    return `${code}: ${message}`
  })
}

const codeOf = (problem: string | undefined) => problem?.split(':')[0]
const argocd = (fields: object) => problemsOf({ engine: 'argocd', repository: good, ...fields })
const flux = (fields: object) => problemsOf({ engine: 'flux', repository: good, ...fields })

test('the least that each engine needs is enough', () => {
  expect(argocd({})).toEqual([])
  expect(flux({})).toEqual([])
  expect(problemsOf({ engine: 'helmfile' })).toEqual([])
})

test.each([
  [{ engine: 'argo' }, 'has the engine "argo". Did you mean "argocd"? Expected one of: argocd, flux, helmfile.'],
  [{ engine: 7 }, 'has the engine "number". Expected one of: argocd, flux, helmfile.'],
  [{ repository: good }, 'has no engine. Expected one of: argocd, flux, helmfile.'],
  [{ engine: '__proto__' }, 'has the engine "__proto__". Expected one of: argocd, flux, helmfile.'],
  [{ engine: 'flux' }, 'has no repository. Expected a text that is not empty.'],
  [{ engine: 'argocd', repository: good, sync: 'auto' }, '"sync" is "auto". Expected one of: automatic, manual.'],
  [{ engine: 'helmfile', repository: good }, 'has an unknown field "repository". Expected only engine.'],
  [
    { engine: 'flux', repository: good, destination: 'x' },
    'has an unknown field "destination". Expected only engine, repository, revision, path, namespace, credentials.',
  ],
])('a delivery of the wrong shape is told: %j', (delivery, message) => {
  expect(problemsOf(delivery)).toEqual([`SHAPE_INVALID: ${message}`])
})

test('a delivery that is not an object is reported', () => {
  const application = applicationWith({ environments: { dev: environment({ delivery: 'argocd' as never }) } })
  expect(checkApplication(application)).toMatchObject([
    { code: 'SHAPE_INVALID', message: '"delivery" is a text. Expected { engine, … }.' },
  ])
})

test.each([
  good,
  'https://git.example.test:8443/acme/shop',
  'https://git.example.test/a/b/c/~me/shop+x.git/',
  'ssh://git@git.example.test/acme/shop.git',
  'ssh://git@git.example.test:2222/acme/shop.git',
  'git@git.example.test:acme/shop.git',
  'org-1234@git.example.test:acme/shop.git',
])('%s is a repository', (repository) => {
  expect([...argocd({ repository }), ...flux({ repository })]).toEqual([])
})

test.each([
  'acme/shop',
  'git.example.test/acme/shop',
  './shop',
  'file:///srv/shop.git',
  'https://git.example.test',
  'https://git.example.test/acme/*',
  'https://git.example.test/acme/{shop,bank}',
  '!https://git.example.test/acme/shop',
  'https://git.example.test/acme/shop?x=$HOME',
  'https://git.example.test/acme/shop\nsecond',
  'git@git.example.test:/srv/shop.git\u202e',
  'oci://git.example.test/acme/shop',
])('%j is none', (repository) => {
  expect(argocd({ repository })).toEqual([
    `REPOSITORY_INVALID: the repository is "${repository}". Expected https://host/path, ssh://user@host/path or user@host:path.`,
  ])
})

test.each(['http://git.example.test/acme/shop', 'git://git.example.test/acme/shop'])(
  '%s is refused, because it is read unencrypted',
  (repository) => {
    const [problem] = argocd({ repository })
    expect(problem).toContain(
      '", which is read unencrypted: anybody on the network path could change it. Expected https:',
    )
  },
)

test.each([
  'https://me:hunter2@git.example.test/acme/shop',
  'https://hunter2@git.example.test/acme/shop',
  'https://x-token:hunter2@git.example.test/acme/shop*',
  'ssh://git:hunter2@git.example.test/acme/shop',
])('credentials in %s are refused and not repeated', (repository) => {
  const problems = argocd({ repository })
  expect(problems).toHaveLength(1)
  expect(codeOf(problems[0])).toBe('REPOSITORY_HAS_CREDENTIALS')
  expect(problems[0]).not.toContain('hunter2')
})

test.each(['main', 'release/2026-11', 'refs/tags/v1.2.0', 'v1.2.0+1', '3f6a0c1d58e44b97a2c69d7e10b5f8410000aaaa'])(
  '%s is a revision',
  (revision) => {
    expect([...argocd({ revision }), ...flux({ revision })]).toEqual([])
  },
)

test.each([
  '-x',
  '/main',
  'a..b',
  'a//b',
  'main.lock',
  'a.lock/b',
  '.a',
  'a/.b',
  'main.',
  '@',
  'v1.*',
  'a b',
  'a~1',
  '$x',
])('%j is not a revision', (revision) => {
  expect(argocd({ revision })).toEqual([
    `REVISION_INVALID: the revision is "${revision}". Expected the name of a branch, refs/tags/<tag>, or a commit.`,
  ])
})

test('HEAD is a revision for Argo CD, and not for Flux', () => {
  expect(argocd({ revision: 'HEAD' })).toEqual([])
  expect(flux({ revision: 'HEAD' })).toHaveLength(1)
})

test.each(['apps/shop', 'a', 'Größe/my shop/v1.2_x@y+z'])('%s is a path', (path) => {
  expect(argocd({ path })).toEqual([])
})

test.each([
  '/apps',
  'apps/',
  'a//b',
  '../shop',
  'a/../b',
  './a',
  '$ARGOCD_APP_NAME',
  'a*',
  '{a,b}',
  'a\nb',
  ' a',
  'a\\b',
])('%j is not a path', (path) => {
  const [problem] = flux({ path })
  expect(problem).toContain(`DELIVERY_PATH_INVALID: the path is "${path}". Expected the folder within the repository`)
})

test.each([
  'in-cluster',
  'shop-live',
  'arn:aws:eks:eu-west-3:123456789012:cluster/live',
  'https://10.0.0.1:6443',
  'https://3f6a0c1d.api.k8s.example.test:6443',
  'https://[fd00::1]:6443',
])('%s is a destination', (destination) => {
  expect(argocd({ destination })).toEqual([])
})

test.each([
  '*',
  '!shop',
  'shop*',
  'http://10.0.0.1',
  'https://user:pass@10.0.0.1',
  'https://10.0.0.1/?a',
  'a b',
  '{a,b}',
])('%j is not a destination', (destination) => {
  const [problem] = argocd({ destination })
  expect(problem).toContain(`DESTINATION_INVALID: the destination is "${destination}". Expected `)
})

test.each([
  [argocd, { namespace: 'Argo' }, 'KUBERNETES_NAME_INVALID', 'the namespace is "Argo". '],
  [flux, { credentials: 'my secret' }, 'KUBERNETES_NAME_INVALID', 'the Secret is "my secret". '],
  [
    argocd,
    { namespace: 'shop-web' },
    'ENGINE_NAMESPACE_IS_TIER',
    'the namespace is "shop-web", the namespace of tier "web". ',
  ],
  [
    flux,
    { namespace: 'shop-api' },
    'ENGINE_NAMESPACE_IS_TIER',
    'the namespace is "shop-api", the namespace of tier "api". ',
  ],
])('an engine has a namespace of its own, and names are valid (%#)', (of, fields, code, message) => {
  expect(of(fields)).toEqual([expect.stringContaining(`${code}: ${message}`)])
})

test('all problems of a delivery are reported at once', () => {
  const codes = argocd({ repository: 'x', revision: '-', path: '/', destination: '*', namespace: 'A' })
  expect(codes.map(codeOf).sort()).toEqual([
    'DELIVERY_PATH_INVALID',
    'DESTINATION_INVALID',
    'KUBERNETES_NAME_INVALID',
    'REPOSITORY_INVALID',
    'REVISION_INVALID',
  ])
})

const inSet = (fields: Partial<DeliverySpec> = {}) => ({
  delivery: { engine: 'argocd', repository: good, applicationSet: true, ...fields } as DeliverySpec,
})
const live = { projectId: projects.other, kubeContext: 'shop-live' }

ruleTest('environments of an ApplicationSet go to the clusters of their kube contexts', {
  refuses: { environments: { dev: environment(inSet()), live: environment({ ...live, ...inSet() }) } },
  telling: [
    {
      code: 'DESTINATION_SHARED',
      where: 'environment "live" delivery',
      message:
        'the destination is "https://kubernetes.default.svc", as of environment "dev" in the same ApplicationSet, but their kube contexts are of two clusters. Expected a destination for each cluster.',
    },
  ],
  accepts: {
    environments: { dev: environment(inSet()), live: environment({ ...live, ...inSet({ destination: 'shop-live' }) }) },
  },
})

test.each([
  ['each cluster has an Argo CD of its own', { ...live, ...inSet({ applicationSet: false }) }],
  ['it is another Argo CD', { ...live, ...inSet({ namespace: 'argocd-live' }) }],
  ['they share a cluster', { projectId: projects.other, baseName: 'shop-live', ...inSet() }],
])('two environments may name the same destination where %s', (_, fields) => {
  const environments = { dev: environment(inSet()), live: environment(fields as object) }
  expect(checkApplication(applicationWith({ environments }))).toEqual([])
})
