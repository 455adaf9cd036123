import { expect, test } from 'vitest'
import { operatorProblems } from '../../../scripts/cluster/operator-problems.ts'
import { type OperatorDeployment, operatorState, readOperators } from '../../../scripts/cluster/operators.ts'
import { KubernetesError } from '../../../scripts/kubernetes/errors.ts'
import type { Protection } from '../../../scripts/model/types.ts'
import { type OperatorDeploymentParts, operatorDeployment, operatorPlace } from '../../helpers/operator-deployment.ts'

const repository = 'registry.example/external-secrets/external-secrets'
const made = (parts: OperatorDeploymentParts) => operatorDeployment(parts) as OperatorDeployment
const seen = (...deployments: OperatorDeploymentParts[]) =>
  readOperators({ list: async <T>() => ({ items: deployments.map(made) as T[], resourceVersion: '1' }) })

test('the tag of the image tells the version, whatever the labels say', () => {
  const labels = { 'app.kubernetes.io/version': 'v2.9.0', 'helm.sh/chart': 'external-secrets-2.9.0' }
  const view = operatorState(made({ image: `${repository}:v0.20.4`, labels }))
  expect(view).toEqual({
    ...operatorPlace,
    version: { text: '0.20.4', isPreRelease: false },
    seenBy: `image ${repository}:v0.20.4`,
  })
  expect(operatorState(made({ image: `${repository}:latest`, labels })).version).toBeUndefined()
})

test.each([
  [{ 'app.kubernetes.io/version': 'v0.20.4' }, '0.20.4', 'label app.kubernetes.io/version: v0.20.4'],
  [{ 'helm.sh/chart': 'external-secrets-0.20.4' }, '0.20.4', 'label helm.sh/chart: external-secrets-0.20.4'],
  [{ 'helm.sh/chart': 'eso-2.4.0-rc1' }, '2.4.0-rc1', 'label helm.sh/chart: eso-2.4.0-rc1'],
  [{}, undefined, `image ${repository}@sha256:0a1b`],
])('of an image without a tag the labels %j tell %s', (labels, version, seenBy) => {
  const view = operatorState(made({ image: `${repository}@sha256:0a1b`, labels }))
  expect([view.version?.text, view.seenBy]).toEqual([version, seenBy])
})

test('operators are found by label and by image, in any namespace, and nothing else is', async () => {
  const at = (name: string) => ({ namespace: 'tools', name })
  const found = await seen(
    { image: 'registry.example/mirror/eso:v2.9.0' },
    { metadata: at('second'), labels: {}, image: 'registry.example:5000/external-secrets:v2.9.0' },
    { metadata: at('webhook'), labels: {}, args: ['webhook'] },
    { metadata: at('certificates'), labels: {}, args: ['certcontroller'] },
    { metadata: at('other'), labels: {}, image: 'registry.example/external-secrets-ui:v2.9.0' },
  )
  expect(found?.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([
    'external-secrets/external-secrets',
    'tools/second',
  ])
})

test('of operators that may not be listed nothing is known', async () => {
  const list = async () => {
    throw new KubernetesError('GET deployments', 403, 'Forbidden', 'no')
  }
  expect(await readOperators({ list })).toBeUndefined()
})

const problemsOf = async (image: string, without: readonly Protection[] = []) =>
  operatorProblems({ environment: 'recette', without }, (await seen({ image })) ?? [])

test('a fault from which the environment protects is a warning that says what is left of it', async () => {
  expect(await problemsOf(`${repository}:v2.3.0`, ['rbac', 'network-policies'])).toEqual([
    {
      code: 'OPERATOR_VULNERABLE',
      where: 'Deployment/external-secrets/external-secrets',
      message: `is version 2.3.0 (image ${repository}:v2.3.0), which has known faults: the type of a target makes a token of any ServiceAccount of its namespace (GHSA-fq7h-9x26-6j22); a store trusts a CA out of a ConfigMap of another namespace (GHSA-wv26-88m5-6h59). Admission keeps them out of the namespaces of the tiers; in all other namespaces they work. Expected version 2.4.1 or later.`,
      fix: 'Upgrade it to 2.9.0: docs/operator.md, "An operator with known faults".',
      severity: 'warning',
    },
  ])
})

test('one from which it does not is an error', async () => {
  const [problem, ...others] = await problemsOf(`${repository}:v0.20.4`, ['admission'])
  expect(others).toEqual([])
  expect(problem).toMatchObject({ code: 'OPERATOR_EXPOSED' })
  expect(problem?.severity).toBeUndefined()
  expect(problem?.message).toContain('a template reads any Secret of any namespace (GHSA-77v3-r3jw-j2v2)')
  expect(problem?.message).toMatch(
    / switches off "admission", .* Expected that protection, or version 2\.4\.1 or later\.$/,
  )
})

test('without a known fault there is nothing to say, and an unknown version is a warning', async () => {
  expect(await problemsOf(`${repository}:v2.4.1`, ['admission'])).toEqual([])
  expect(await problemsOf(`${repository}:latest`, ['admission'])).toMatchObject([
    { code: 'OPERATOR_VERSION_UNKNOWN', severity: 'warning' },
  ])
})
