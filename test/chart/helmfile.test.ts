import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { run, tryRun } from '../../scripts/lib/exec.ts'
import { parseYamlDocuments } from '../../scripts/lib/yaml.ts'
import { byHelmfile } from '../fixtures/delivered.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { generatedFiles } from '../helpers/generating.ts'
import { tools } from '../helpers/tools.ts'

const path = 'gitops/helmfile/helmfile.yaml'

interface Helmfile {
  readonly environments: Readonly<Record<string, { readonly kubeContext: string; readonly values: readonly object[] }>>
  readonly releases: readonly { readonly chart: string; readonly values: readonly string[] }[]
  readonly hooks: readonly { readonly command: string; readonly args: readonly string[] }[]
}

const documents = parseYamlDocuments((await generatedFiles(byHelmfile)).get(path) ?? '', path)
const helmfile: Helmfile = Object.assign({}, ...documents)

test('the file for helmfile is what the schema of its editors allows, and has no field that it does not know', async () => {
  const schema = JSON.parse(await readFile('test/fixtures/gitops/helmfile.json', 'utf8')) as {
    definitions: Record<'release' | 'hook' | 'environment', { properties: object }>
  }
  const validate = new Ajv({ strict: false }).compile(schema)
  for (const document of documents) expect([validate(document), validate.errors]).toEqual([true, null])
  expect(validate({ releases: [{ name: 1 }] })).toBe(false)
  const { release, hook, environment } = schema.definitions
  const fields = (objects: readonly object[]) => [...new Set(objects.flatMap(Object.keys))]
  expect(Object.keys(release.properties)).toEqual(expect.arrayContaining(fields(helmfile.releases)))
  // Helmfile's own code knows their name too. Source: helmfile 1.7.4, `Hook`
  expect(['name', ...Object.keys(hook.properties)]).toEqual(expect.arrayContaining(fields(helmfile.hooks)))
  expect(Object.keys(environment.properties)).toEqual(
    expect.arrayContaining(fields(Object.values(helmfile.environments))),
  )
})

test('each environment has its kube context and its release; chart and values are where the file looks for them', async () => {
  expect(helmfile.environments).toEqual({
    production: { kubeContext: 'kiosk', values: [{ release: 'kiosk-secrets', namespace: 'kiosk-secrets' }] },
    staging: {
      kubeContext: 'kiosk',
      values: [{ release: 'kiosk-staging-secrets', namespace: 'kiosk-staging-secrets' }],
    },
  })
  const [release] = helmfile.releases
  const files = [...(await generatedFiles(byHelmfile)).keys()]
  const found = (file: string) => join('gitops/helmfile', file.replace('{{ .Environment.Name }}', 'staging'))
  expect(files).toContain(found(`${release?.chart}/values.schema.json`))
  expect(files).toContain(found(release?.values[0] ?? ''))
})

describe('the gate of the file', () => {
  /** The hook's program, with what helmfile puts into it; rendered by Helm, whose templates are the same. */
  async function rendered(command: string, error: string | null): Promise<readonly [string, readonly string[]]> {
    const chart = await temporaryFolder()
    const [hook] = helmfile.hooks
    await mkdir(join(chart, 'templates'))
    await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: hook\nversion: 0.0.1\n')
    await writeFile(
      join(chart, 'templates/hook.yaml'),
      `{{- with .Values -}}\narg: |-\n  ${hook?.args[1]}\n{{- end }}\n`,
    )
    const values = {
      HelmfileCommand: command,
      Event: { Error: error },
      Environment: { Name: 'staging', KubeContext: 'the kiosk' },
    }
    await writeFile(join(chart, 'values.yaml'), JSON.stringify(values))
    const { helm } = await tools('helm')
    const [{ arg }] = parseYamlDocuments(await run(helm.path, ['template', chart]), 'hook') as [{ arg: string }]
    return [hook?.command ?? '', [hook?.args[0] ?? '', arg]]
  }

  /** Where helmfile runs it, with an `npm` that ends as `npm run wait` does when secrets have not arrived. */
  async function runHook(command: string, error: string | null = null) {
    const folder = await temporaryFolder()
    const gitops = join(folder, 'gitops/helmfile')
    await mkdir(gitops, { recursive: true })
    await writeFile(join(folder, 'npm'), '#!/bin/sh\necho "npm: $* ($#)"\n[ -f npm ] && exit 3\n')
    await chmod(join(folder, 'npm'), 0o700)
    const [program, args] = await rendered(command, error)
    return tryRun(program, args, { cwd: gitops, env: { PATH: `${folder}:${process.env.PATH}` } })
  }

  test.each(['apply', 'sync'])(
    'waits after helmfile %s, and fails it when secrets have not arrived',
    async (command) => {
      const { stdout, exitCode } = await runHook(command)
      expect([stdout, exitCode]).toEqual(['npm: run wait -- --environment staging --context the kiosk (7)', 3])
    },
  )

  test.each([
    ['helmfile diff', 'diff', null],
    ['helmfile destroy', 'destroy', null],
    ['an apply that has failed itself', 'apply', 'release failed'],
  ])('does nothing after %s', async (_title, command, error) => {
    const { stdout, exitCode } = await runHook(command, error)
    expect([stdout, exitCode]).toEqual(['', 0])
  })
})
