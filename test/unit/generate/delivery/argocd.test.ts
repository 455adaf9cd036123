import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { type ArgoCdObject, filesOf, kioskWith, objectsIn, type Spec } from '../../../helpers/argocd-files.ts'
import { generatedFiles } from '../../../helpers/generating.ts'

test('environments of one Argo CD have one project, and those of another one have another', () => {
  const files = filesOf(kioskWith({}, { namespace: 'argocd-live' }))
  const projects = objectsIn(files, 'project.yaml')
  expect(projects.map(({ metadata }) => metadata)).toEqual([
    { name: 'kiosk-secrets', namespace: 'argocd-live' },
    { name: 'kiosk-secrets', namespace: 'argocd' },
  ])
  expect(
    projects.map(({ spec }) => spec.destinations.some(({ namespace }) => namespace === 'kiosk-staging-web')),
  ).toEqual([false, true])
})

test.each(['', 'apps/the kiosk'])(
  'Argo CD finds chart and values of each environment, in the folder "%s"',
  async (path) => {
    const application = kioskWith(path === '' ? {} : { path })
    const files = filesOf(application)
    const all = await generatedFiles(application)
    for (const environment of ['staging', 'production']) {
      const [object] = objectsIn(files, `applications/${environment}.yaml`)
      const { source, destination, project } = object?.spec ?? {}
      const { release } = resolve(application, environment)
      expect([source?.helm.releaseName, destination?.namespace]).toEqual([release.name, release.namespace])
      expect(project).toBe('kiosk-secrets')
      const [valueFile = ''] = source?.helm.valueFiles ?? []
      const read = posix.relative(path, posix.join(source?.path ?? '', valueFile))
      expect(all.has(read), read).toBe(true)
      expect(posix.relative(path, source?.path ?? '')).toBe('charts/tiered-secrets')
    }
  },
)

/** What a Go template of `{{ .name }}` alone gives for an element, and our one condition. */
function filled(text: string, element: Readonly<Record<string, string>>): string {
  return text
    .replace(/\{\{ if eq \.sync "automatic" \}\}(.*?)\{\{ else \}\}(.*?)\{\{ end \}\}/g, (_, yes, no) =>
      element.sync === 'automatic' ? yes : no,
    )
    .replace(/\{\{ \.(\w+) \}\}/g, (_, name: string) => {
      if (element[name] === undefined) throw new Error(`no value for ${name}`)
      return element[name]
    })
}

test.each<[Partial<Spec>, Partial<Spec>]>([
  [{}, {}],
  [{ sync: 'manual' }, {}],
  [
    { destination: 'kiosk-staging', path: 'apps/kiosk' },
    { sync: 'manual', destination: 'https://10.0.0.1' },
  ],
])('a set makes the same Applications as there are without it (%#)', (both, production) => {
  const single = filesOf(kioskWith(both, production))
  const files = filesOf(kioskWith({ ...both, applicationSet: true }, production))
  expect([...files.keys()]).toEqual(['project.yaml', 'argocd-cm.yaml', 'applicationset.yaml'])
  const [set] = objectsIn(files, 'applicationset.yaml')
  const elements = set?.spec.generators[0]?.list.elements ?? []
  expect(elements.map(({ environment }) => environment)).toEqual(['production', 'staging'])
  for (const element of elements) {
    const [expected] = objectsIn(single, `applications/${element.environment}.yaml`)
    const made = JSON.parse(filled(JSON.stringify(set?.spec.template), element)) as ArgoCdObject
    const { server, name, namespace } = made.spec.destination
    const patch = parse(filled(set?.spec.templatePatch ?? '', element)) as { spec: { syncPolicy: object } } | null
    const { automated = undefined, ...syncPolicy } = { ...made.spec.syncPolicy, ...patch?.spec.syncPolicy }
    const result = {
      ...made.spec,
      destination: { ...(server ? { server } : {}), ...(name ? { name } : {}), namespace },
      syncPolicy: { ...(automated ? { automated } : {}), ...syncPolicy },
    }
    expect(result).toEqual(expected?.spec)
    expect(made.metadata.name).toBe(expected?.metadata.name)
  }
})

test.each([
  ['1.10', 'on', '2026'],
  ['0o7', 'Größe/le kiosk/v1_x@y+z', 'yes'],
  ['1e3', '1e3', 'null'],
  ['refs/tags/v1+2', '007', 'arn:aws:eks:eu-west-3:123456789012:cluster/live'],
  ['true', '0x1f', '1_000'],
])('texts that look like something else stay texts: %s, %s, %s', (revision, path, destination) => {
  const files = filesOf(kioskWith({ revision, path, destination }, { revision }))
  const text = files.get('applications/production.yaml') ?? ''
  for (const version of ['1.1', '1.2'] as const) {
    const { spec } = parse(text, { version }) as ArgoCdObject
    expect([spec.source.targetRevision, spec.source.path, spec.destination.name]).toEqual([
      revision,
      `${path}/charts/tiered-secrets`,
      destination,
    ])
  }
})
