import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  dryRunRelease,
  lintChart,
  type ReleaseOptions,
  renderChart,
  upgradeRelease,
} from '../../../scripts/chart/helm.ts'
import { checkSchemas } from '../../../scripts/chart/kubeconform.ts'
import { parseManifests, placeOf } from '../../../scripts/chart/manifests.ts'
import { oneFolder } from '../../../scripts/lib/folders.ts'
import { parseYamlDocuments } from '../../../scripts/lib/yaml.ts'
import { executable, temporaryFolder } from '../../helpers/folders.ts'
import { problemOf } from '../../helpers/problems.ts'

/** A helm that writes down how it was called, and then does as told. */
async function recorder(script = 'echo done') {
  const folder = await temporaryFolder()
  const helm = await executable(join(folder, 'helm'), `printf '%s\\n' "$@" > "${folder}/args"\n${script}`)
  const options: ReleaseOptions = {
    helm,
    ...oneFolder(folder),
    release: { name: 'shop-secrets', namespace: 'shop-secrets' },
    valuesFile: 'values/dev.yaml',
  }
  return { options, args: async () => (await readFile(join(folder, 'args'), 'utf8')).trim().split('\n').join(' ') }
}

test('a chart is rendered with the values of its environment, in the namespace of the release', async () => {
  const { options, args } = await recorder()
  expect(await renderChart(options)).toBe('done')
  expect(await args()).toBe(
    'template shop-secrets charts/tiered-secrets --namespace shop-secrets --values values/dev.yaml --kube-version 1.30.0',
  )
})

test('what goes over the values stays a text', async () => {
  const { options, args } = await recorder()
  await renderChart({ ...options, set: { 'scaleway.apiUrl': 'http://127.0.0.1:80' } })
  expect(await args()).toMatch(/ --set-string scaleway\.apiUrl=http:\/\/127\.0\.0\.1:80 --kube-version 1\.30\.0$/)
})

test('a release is installed or upgraded in the kube context of its environment, without waiting', async () => {
  const { options, args } = await recorder(`echo '{"name":"shop-secrets","version":7}'`)
  expect(await upgradeRelease({ ...options, kubeContext: 'shop-dev' })).toBe(7)
  expect(await args()).toBe(
    'upgrade --install shop-secrets charts/tiered-secrets --namespace shop-secrets --values values/dev.yaml --create-namespace --kube-context shop-dev --output json',
  )
})

test('a server that checks fields itself need not be asked for its OpenAPI documents', async () => {
  const { options, args } = await recorder(`echo '{"name":"shop-secrets","version":7}'`)
  await upgradeRelease({ ...options, asksOpenApi: false })
  expect(await args()).toMatch(/ --create-namespace --disable-openapi-validation --output json$/)
})

test('its record gets the labels by which a run knows it again, which nothing else takes', async () => {
  const { options, args } = await recorder(`echo '{"name":"shop-secrets","version":7}'`)
  const labels = { 'tiered-secrets/run': 'abc', other: 'x' }
  await upgradeRelease({ ...options, labels })
  expect(await args()).toMatch(/ --create-namespace --labels tiered-secrets\/run=abc,other=x --output json$/)
  await renderChart({ ...options, labels })
  expect(await args()).not.toContain('--labels')
})

test('a dry run asks the server, and changes nothing', async () => {
  const { options, args } = await recorder()
  expect(await dryRunRelease(options)).toBe('done')
  expect(await args()).toMatch(/ --create-namespace --dry-run=server --hide-notes$/)
})

test('lint is strict', async () => {
  const { options, args } = await recorder()
  await lintChart(options)
  expect(await args()).toBe('lint --strict charts/tiered-secrets --values values/dev.yaml --kube-version 1.30.0')
})

test('without a cluster it goes by a version of Kubernetes that the chart accepts', async () => {
  const [chart] = parseYamlDocuments(await readFile('charts/tiered-secrets/Chart.yaml', 'utf8'), 'Chart.yaml')
  const { options, args } = await recorder()
  await renderChart(options)
  expect(`>=${(await args()).split(' ').at(-1)}-0`).toBe((chart as { kubeVersion: string }).kubeVersion)
})

test('the namespace of the release is made only where it is absent, which needs a right in the cluster', async () => {
  const { options, args } = await recorder(`echo '{"name":"shop-secrets","version":7}'`)
  await upgradeRelease({ ...options, hasNamespace: true })
  expect(await args()).not.toContain('--create-namespace')
})

test.each([
  'secrets is forbidden: User "system:serviceaccount:ci:ci" cannot create resource "secrets" in API group "" in the namespace "x"',
  'roles "secrets-viewer" is forbidden: user "x" (groups=["y"]) is attempting to grant RBAC permissions not currently held:',
])('what Helm says of a missing right is answered with the rights of a pipeline: %s', async (line) => {
  const { options } = await recorder(`echo 'Error: ${line}' >&2; exit 1`)
  const { fix, exitCode } = await problemOf(upgradeRelease(options))
  expect([fix, exitCode]).toEqual([expect.stringContaining('`npm run rbac -- --environment <name> --for ci`'), 4])
})

test('values the schema refuses are a problem of the catalogue; a cluster that refuses is another', async () => {
  const { options } = await recorder('echo "Error: no" >&2; exit 1')
  expect(await problemOf(renderChart(options))).toMatchObject({
    code: 'TOOL_FAILED',
    exitCode: 3,
    fix: 'Run `npm run gen-values`, which takes back what was edited by hand. If Helm says the same then, correct scripts/catalogue.ts or scripts/environments.ts and run it again.',
  })
  const refused = await problemOf(upgradeRelease(options))
  expect(refused.exitCode).toBe(4)
  expect(refused.fix).toContain('helm history --namespace shop-secrets shop-secrets')
  expect(refused.lastLines).toEqual(['Error: no'])
})

test('manifests are named by kind, namespace and name', () => {
  const yaml = 'kind: A\nmetadata: {name: x, namespace: n}\n---\n# empty\n---\nkind: B\nmetadata: {name: y}\n'
  expect(parseManifests(yaml, 'x').map(placeOf)).toEqual(['A/n/x', 'B/y'])
})

test('a kubeconform that can not do its work is reported as such, and not taken for a pass', async () => {
  const broken = await executable(join(await temporaryFolder(), 'kubeconform'), 'echo "cannot open" >&2; exit 1')
  expect(await checkSchemas(broken, '/nowhere', 'kind: A\n', 'values/dev.yaml')).toEqual([
    {
      code: 'KUBECONFORM_FAILED',
      where: 'values/dev.yaml',
      message: 'cannot open. Expected kubeconform to run.',
      fix: 'Run `npm run setup`.',
    },
  ])
})
