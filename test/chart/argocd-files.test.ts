import { expect, test } from 'vitest'
import { checkSchemas } from '../../scripts/chart/kubeconform.ts'
import type { Manifest } from '../../scripts/chart/manifests.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import type { Application } from '../../scripts/model/types.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { type ArgoCdObject, filesOf, kioskWith, objectsIn, repository, type Spec } from '../helpers/argocd-files.ts'
import { chartOf, helm4, manifestsOf } from '../helpers/chart.ts'
import { productFolder } from '../helpers/generating.ts'
import { tools } from '../helpers/tools.ts'

test.each<[string, Partial<Spec>, Partial<Spec>]>([
  ['a branch', {}, {}],
  [
    'a repository by SSH, a folder in it, another cluster',
    { repository: 'git@git.example.test:acme/kiosk.git', path: 'apps/the kiosk', destination: 'kiosk-live' },
    {},
  ],
  [
    'a tag, two clusters by address, on request',
    { revision: 'refs/tags/v1', sync: 'manual' },
    { destination: 'https://10.0.0.1:6443' },
  ],
  ['one set', { applicationSet: true }, {}],
  ['one set of which one waits for a request', { applicationSet: true }, { sync: 'manual' }],
  ['an Application and a set, in two Argo CDs', {}, { applicationSet: true, namespace: 'argocd-live' }],
])('the files for Argo CD are what its definitions allow: %s', async (_, both, production) => {
  const { kubeconform } = await tools('kubeconform')
  const files = filesOf(kioskWith(both, production))
  const manifests = [...files].filter(([path]) => path !== 'argocd-cm.yaml').map(([, text]) => text)
  expect(await checkSchemas(kubeconform.path, productFolder, manifests.join('---\n'), 'gitops')).toEqual([])
  const wrong = manifests.map((text) =>
    text.replaceAll('syncOptions:', 'syncOption:').replaceAll('sourceRepos:', 'repos:'),
  )
  const problems = await checkSchemas(kubeconform.path, productFolder, wrong.join('---\n'), 'gitops')
  expect(problems.length).toBe(manifests.join('').match(/^kind: /gm)?.length)
})

/** Whether Argo CD lets a project apply an object. Source: Argo CD, user guide, "Projects". */
function allows({ spec }: ArgoCdObject, { apiVersion, kind, metadata }: Manifest): boolean {
  const group = apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : ''
  const isListed = (one: { group: string; kind: string }) => one.group === group && one.kind === kind
  if (metadata.namespace === undefined) {
    return spec.clusterResourceWhitelist.some((one) => isListed(one) && one.name === metadata.name)
  }
  return (
    spec.namespaceResourceWhitelist.some(isListed) &&
    spec.destinations.some(({ namespace }) => namespace === metadata.namespace)
  )
}

test('the project lets Argo CD apply the whole chart, and of objects outside of namespaces nothing else', async () => {
  const delivery: Spec = { engine: 'argocd', repository }
  const environments = Object.entries(trackdechets.environments).map(([name, spec]) => [name, { ...spec, delivery }])
  const application: Application = { ...trackdechets, environments: Object.fromEntries(environments) }
  const [project] = objectsIn(filesOf(application), 'project.yaml')
  if (!project) throw new Error('no project')
  const { chart, values } = await chartOf(application)
  const { release } = resolve(application, 'production')
  const manifests = await manifestsOf(helm4, chart, values('production'), '--namespace', release.namespace)
  expect(manifests.filter((manifest) => !allows(project, manifest))).toEqual([])

  const rendered = manifests.filter(({ metadata }) => metadata.namespace === undefined)
  const names = rendered.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  const listed = project.spec.clusterResourceWhitelist.map(({ kind, name }) => `${kind} ${name}`)
  expect(listed.filter((one) => !names.includes(one))).toEqual([`Namespace ${release.namespace}`])
  expect(project.spec.sourceRepos).toEqual([repository])
  expect(JSON.stringify(project)).not.toContain('*')
})
