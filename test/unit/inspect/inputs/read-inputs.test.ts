import { execFileSync } from 'node:child_process'
import { readdir, symlink, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseDocuments } from '../../../../scripts/inspect/inputs/parse-documents.ts'
import { namedInput, readInputs } from '../../../../scripts/inspect/inputs/read-inputs.ts'
import { executable, folderOf, temporaryFolder } from '../../../helpers/folders.ts'
import { problemOf } from '../../../helpers/problems.ts'
import { toolchainIo } from '../../../helpers/tools.ts'

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\n`

/** Programs are looked for in this folder alone. */
async function read(folder: string, { programs = '/nowhere', inputs = [folder] } = {}) {
  const io = { ...toolchainIo, typedIn: folder, env: { PATH: programs, TIERED_SECRETS_CACHE: join(folder, '.cache') } }
  const sets = await readInputs(inputs.map(namedInput), io)
  return {
    sets,
    objects: sets.flatMap((set) => set.inputs.objects.map(({ name, where }) => `${name} ${where}`)),
    refusals: sets.flatMap((set) => set.inputs.refusals.map(({ code, where }) => `${code} ${where}`)).sort(),
  }
}

describe('plain manifests in folders that are called as environments are', () => {
  const environments = async (files: Record<string, string>, inputs?: (folder: string) => string[]) => {
    const folder = await folderOf(files)
    const { sets } = await read(folder, inputs ? { inputs: inputs(folder) } : {})
    return sets.map(({ environment, inputs: own }) => [environment, own.objects.map(({ where }) => where)])
  }
  const own = configMap('own')

  test('are of one environment each, production last, and what lies in none of them is of all', async () => {
    const files = {
      ...{ 'k8s/production/a.yaml': own, 'k8s/staging/deep/a.yaml': own, 'k8s/all.yaml': configMap('all') },
      ...{ 'k8s/staging/b.yaml': configMap('more'), 'k8s/api/prod/a.yaml': own, 'k8s/api/dev/a.yaml': own },
    }
    expect(await environments(files)).toEqual([
      ['dev', ['k8s/api/dev/a.yaml:1']],
      ['staging', ['k8s/staging/b.yaml:1', 'k8s/staging/deep/a.yaml:1']],
      ['prod', ['k8s/api/prod/a.yaml:1']],
      ['production', ['k8s/production/a.yaml:1']],
      [undefined, ['k8s/all.yaml:1']],
    ])
  })

  test.each<[string, Record<string, string>]>([
    ['called otherwise', { 'web/a.yaml': own, 'api/a.yaml': own }],
    ['holding nothing of the same name', { 'staging/a.yaml': own, 'production/a.yaml': configMap('other') }],
    ['not beside each other', { 'a/staging/a.yaml': own, 'b/production/a.yaml': own }],
    ['one alone', { 'a.yaml': own, 'production/a.yaml': own }],
  ])('are of one, %s', async (_, files) => {
    expect(await environments(files)).toEqual([[undefined, expect.anything()]])
  })

  test('are those of several inputs too', async () => {
    const files = { 'k8s/production/a.yaml': own, 'k8s/staging/a.yaml': own }
    const both = (folder: string) => [`${folder}/k8s/production`, `${folder}/k8s/staging/a.yaml`]
    expect((await environments(files, both)).map(([environment]) => environment)).toEqual(['staging', 'production'])
  })

  test('are what they are said to be', async () => {
    const files = { 'k8s/production/a.yaml': own, 'k8s/staging/a.yaml': own }
    expect(await environments(files, (folder) => [`live=@${folder}/k8s`])).toEqual([['live', expect.anything()]])
  })
})

describe('a folder', () => {
  test('is read whole: every document, the items of lists, JSON; each object with its line', async () => {
    const folder = await folderOf({
      'a.yaml': `# first\n${configMap('one')}---\n\n${configMap('two')}`,
      'deep/er/b.yml':
        'kind: List\napiVersion: v1\nitems:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata: { name: three }\n',
      'c.json': JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'four' } }),
      'node_modules/x/d.yaml': configMap('foreign'),
      'package.json': '{"name":"x"}',
      'notes.txt': 'kind: Nothing',
      'values.yaml': 'replicas: 3',
    })
    expect(await read(folder)).toMatchObject({
      objects: ['one a.yaml:2', 'two a.yaml:7', 'four c.json:1', 'three deep/er/b.yml:4'],
      refusals: [],
    })
  })

  test('of any common writing: a mark at the start, lines of Windows, merge keys', async () => {
    const folder = await folderOf({
      'bom.yaml': `\ufeff${configMap('bom')}`,
      'crlf.yaml': `${configMap('one')}---\n${configMap('two')}`.replaceAll('\n', '\r\n'),
      'merge.yaml': `x: &more { labels: { a: b } }\n${configMap('m').replace('{ name', '{ <<: *more, name')}`,
      'back\\slash.yaml': configMap('w'),
    })
    const { objects, refusals, sets } = await read(folder)
    expect(objects).toEqual([
      'w back\\slash.yaml:1',
      'bom bom.yaml:1',
      'one crlf.yaml:1',
      'two crlf.yaml:5',
      'm merge.yaml:1',
    ])
    expect(refusals).toEqual([])
    expect(sets[0]?.inputs.objects.at(-1)?.labels).toEqual({ a: 'b' })
  })

  test.each([
    ['{ name: a, namespace: {{ .Values.namespace }} }', 'namespace'],
    ['{ name: a, namespace: "{{ .Values.namespace }}" }', 'namespace'],
    ['{ name: a, namespace: [x] }', 'namespace'],
    ["{ name: '{{ .Release.Name }}-a' }", 'name'],
  ])('of a template that nobody has rendered is refused: %s', async (metadata, field) => {
    const folder = await folderOf({ 'a.yaml': `apiVersion: v1\nkind: Secret\nmetadata: ${metadata}\n` })
    const { objects, sets } = await read(folder)
    expect([objects, sets[0]?.inputs.refusals]).toMatchObject([
      [],
      [{ where: 'a.yaml:1', message: `is a Secret whose metadata.${field} is not a name. Expected a name.` }],
    ])
  })

  test('may hold thousands of files', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 2000 }, (_, index) => [`${index}.yaml`, configMap(`c${index}`)]),
    )
    expect((await read(await folderOf(files))).objects).toHaveLength(2000)
  })

  test('that does not exist is wrong usage', async () => {
    const folder = await temporaryFolder()
    expect(await problemOf(read(folder, { inputs: [join(folder, 'nothing')] }))).toMatchObject({
      code: 'WRONG_USAGE',
      where: '--from nothing',
      exitCode: 2,
    })
  })
})

describe('what can not be read is named, nothing outside is followed, and the rest is read', () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'abcdef'.split('').flatMap(explode), 'kind: X'].join('\n')

  test.each([
    ['text that is not YAML', 'a: [1\n b: {', 'INPUT_INVALID'],
    ['aliases that explode', bomb, 'INPUT_INVALID'],
    ['an alias of nothing', 'a: *nothing', 'INPUT_INVALID'],
    ['brackets without end', '['.repeat(100_000), 'INPUT_INVALID'],
    ['braces without end', '{"a":'.repeat(100_000), 'INPUT_INVALID'],
    ['list items within each other', '- '.repeat(20_000), 'INPUT_INVALID'],
    ['a binary', Buffer.from([0x7f, 0x45, 0, 1]), 'INPUT_BINARY'],
    ['text in another encoding', Buffer.from([0x23, 0x63, 0x61, 0x66, 0xe9, 0x0a]), 'INPUT_BINARY'],
    ['text in UTF-16', Buffer.from(configMap('x'), 'utf16le'), 'INPUT_BINARY'],
    ['a key twice', `${configMap('x')}data: { A: b, A: c }`, 'INPUT_INVALID'],
    ['an object without a name', 'apiVersion: v1\nkind: Secret', 'INPUT_INVALID'],
    ['a template', 'apiVersion: v1\nkind: Secret\nmetadata: {{ include "x" . }}', 'INPUT_INVALID'],
  ])('%s', async (_, text, code) => {
    const folder = await folderOf({ 'bad.yaml': text, 'good.yaml': configMap('good') })
    const { objects, refusals } = await read(folder)
    expect(objects).toEqual(['good good.yaml:1'])
    expect(refusals).toEqual([expect.stringMatching(new RegExp(`^${code} bad\\.yaml`))])
  })

  test('a large file, a pipe, a folder behind a link, a link to nothing, a chart', async () => {
    const outside = await folderOf({ 'secret.yaml': configMap('outside') })
    const folder = await folderOf({ 'good.yaml': configMap('good'), 'large.yaml': '', 'chart/Chart.yaml': 'name: x' })
    await truncate(join(folder, 'large.yaml'), 100 * 1024 * 1024)
    await symlink(outside, join(folder, 'link'))
    await symlink(join(outside, 'secret.yaml'), join(folder, 'link.yaml'))
    await symlink('good.yaml', join(folder, 'inside.yaml'))
    await symlink('/nowhere/at/all', join(folder, 'lost.yaml'))
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')])
    expect(await read(folder)).toMatchObject({
      objects: ['good good.yaml:1'],
      refusals: [
        'INPUT_TOO_LARGE large.yaml',
        'INPUT_UNREADABLE link',
        'INPUT_UNREADABLE link.yaml',
        'INPUT_UNREADABLE lost.yaml',
        'INPUT_UNREADABLE pipe.yaml',
        'INPUT_UNRENDERED chart',
      ],
    })
  })

  test('the chart that this project generates needs no rendering', async () => {
    const folder = await folderOf({
      'apps/shop/charts/tiered-secrets/Chart.yaml': 'name: tiered-secrets',
      'apps/shop/charts/tiered-secrets/templates/x.yaml': '{{ if }}',
      'good.yaml': configMap('good'),
    })
    expect(await read(folder)).toMatchObject({ objects: ['good good.yaml:1'], refusals: [] })
  })

  test('no line of a text is part of what is said of it', () => {
    const { refusals } = parseDocuments({ path: 'x', text: 'password: hunter2: hunter2\n\tx' })
    expect(refusals).toHaveLength(1)
    expect(JSON.stringify(refusals)).not.toContain('hunter2')
  })
})

describe('kustomize folders', () => {
  const files = {
    'base/kustomization.yaml': 'resources: [app.yaml]',
    'base/app.yaml': configMap('base'),
    'overlays/live/kustomization.yaml': 'resources: [../../base]',
    'overlays/test/kustomization.yml': 'resources: [../../base]',
    'overlays/test/patch.yaml': configMap('patch'),
    'part/kustomization.yaml': 'kind: Component',
    'beside.yaml': configMap('beside'),
    '.env.example': 'A=b',
  }
  const kubectl = `case "$2" in */test) echo "no such patch" >&2; exit 1;; esac
printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: { name: rendered }\\n'`

  test('are rendered where nothing else is made of them, an environment each, production last; of one that does not, what it is made of', async () => {
    const programs = await temporaryFolder()
    await executable(join(programs, 'kubectl'), kubectl)
    const { sets, refusals } = await read(await folderOf(files), { programs })
    const seen = sets.map(({ environment, inputs }) => [environment, inputs.objects.map(({ name }) => name)])
    expect(seen).toEqual([
      ['test', ['rendered']],
      ['live', ['rendered']],
      [undefined, ['beside']],
    ])
    expect(sets[2]?.inputs.examples).toMatchObject([{ path: '.env.example', text: 'A=b' }])
    expect(refusals).toEqual(['KUSTOMIZE_FAILED overlays/test'])
    expect(sets[0]?.inputs.refusals[0]?.lastLines).toEqual(['no such patch'])
  })

  test('without a program, and without Go to build it, are named, each with the reason', async () => {
    const { refusals, sets } = await read(await folderOf(files))
    expect(refusals).toEqual(['KUSTOMIZE_MISSING overlays/live', 'KUSTOMIZE_MISSING overlays/test'])
    expect(sets[0]?.inputs.refusals[0]).toMatchObject({
      message: expect.stringMatching(
        /^is not read: there is no `go` on PATH, and it is needed to build kustomize\. kustomize was looked for: .*\. Expected kustomize \S+ \S+, or Go 1\.26\.0 or newer, or kubectl on PATH\.$/,
      ),
      fix: expect.stringMatching(/install Go/i),
    })
  })

  test.each([
    ['a repository', 'resources: [github.com/acme/base?ref=v1]', 'github.com/acme/base?ref=v1'],
    ['a repository by ssh', 'resources: ["git@example.com:acme/base.git"]', 'git@example.com:acme/base.git'],
    ['a file of a server', 'patches: [{ path: "https://example.com/p.yaml" }]', 'https://example.com/p.yaml'],
    ['a repository of this machine', 'components: ["file:///srv/base"]', 'file:///srv/base'],
    ['what a part of it needs', 'resources: [part]', 'ssh://example.com/acme/base'],
  ])('that need %s are named, and nothing is started', async (_, text, remote) => {
    const folder = await folderOf({
      'k/kustomization.yaml': text,
      'k/part/kustomization.yaml': 'bases: ["ssh://example.com/acme/base"]',
    })
    const programs = await temporaryFolder()
    await executable(join(programs, 'kubectl'), 'echo started > "$2/started"')
    const { refusals, sets } = await read(folder, { programs })
    expect(refusals).toContain('KUSTOMIZE_REMOTE k')
    expect(sets[0]?.inputs.refusals[0]?.message).toContain(`it takes ${remote} from elsewhere`)
    expect(await readdir(join(folder, 'k'))).not.toContain('started')
  })

  test('whose kustomization is a pipe are not waited for', async () => {
    const folder = await folderOf({ 'k/a.yaml': configMap('a') })
    execFileSync('mkfifo', [join(folder, 'k/kustomization.yaml')])
    expect((await read(folder)).refusals).toEqual(['INPUT_UNREADABLE k/kustomization.yaml', 'KUSTOMIZE_FAILED k'])
  })

  test('that do not render are reported without what kustomize quotes of their files', async () => {
    const programs = await temporaryFolder()
    const complaint = `Error: trouble with config: \`
secret: hunter1
\`: unable to parse [op: add
value: hunter2]; invalid literal source hunter3 x, expected key=value; Hunter4; no match for "Deployment.v1.apps/api.[noNs]" in "k/base.yaml"; unknown field "bases2"`
    await executable(join(programs, 'kubectl'), `printf '%s' '${complaint}' >&2; exit 1`)
    const { sets } = await read(await folderOf({ 'kustomization.yaml': '' }), { programs })
    expect(sets[0]?.inputs.refusals[0]?.lastLines).toEqual([
      'Error: trouble with config: `…`: unable to parse …; invalid literal source …, expected …; …; no match for "Deployment.v1.apps/api.[noNs]" in "k/base.yaml"; unknown field "…"',
    ])
  })
})

/** Nine times the line before. */
function explode(name: string): string[] {
  const next = String.fromCharCode(name.charCodeAt(0) + 1)
  return [`${next}: &${next} [${Array(9).fill(`*${name}`).join(', ')}]`]
}
