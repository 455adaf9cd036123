import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tryRun } from '../../scripts/lib/exec.ts'
import { compiledCli } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { runCliMany } from '../helpers/hosted-cli.ts'
import { userFolder } from '../helpers/repository.ts'

const { folder: trackdechets } = await userFolder()
const run = (lines: readonly (readonly string[])[]) => runCliMany(lines, {}, trackdechets)

const store = (project: string, more = '') => `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata:
  name: own
  namespace: trackdechets-backend
spec:
  provider:
    scaleway:
      region: fr-par
      projectId: ${project}
      accessKey: { secretRef: { name: scw-backend-credentials, key: access-key } }
      secretKey: { secretRef: { name: scw-backend-credentials, key: secret-key } }
${more}`

const audit = (...options: readonly string[]) => ['audit', '--environment', 'recette', ...options]

test('errors end with 3, warnings do not; the report is all of standard output', async () => {
  const folder = await temporaryFolder()
  const [wrong, right, doubtful] = ['wrong', 'right', 'doubtful'].map((name) => join(folder, `${name}.yaml`)) as [
    string,
    string,
    string,
  ]
  const id = '7b3f1d7a-6c42-4c55-9f0e-3a1d5e8b9c21'
  await writeFile(wrong, store('"<project id>"'))
  await writeFile(right, store(id))
  await writeFile(
    doubtful,
    `${store(id)}---\napiVersion: v1\nkind: Secret\nmetadata: { name: a, namespace: trackdechets-backend }\nstringData: { A: k3Wq9zLmTTx }\n`,
  )
  const [table, sarif, clean, warned, gitlab, junit, refused] = await run([
    audit('--manifests', wrong),
    audit('--manifests', wrong, '--output', 'sarif'),
    audit('--manifests', right, '--output', 'json'),
    audit('--manifests', doubtful),
    audit('--manifests', right, '--output', 'gitlab'),
    audit('--manifests', right, '--output', 'junit'),
    audit('--manifests', right, '--write-baseline'),
  ])
  expect(table).toMatchObject({
    exitCode: 3,
    stdout: expect.stringMatching(/^SEVERITY .*\nerror {5}PROJECT_PLACEHOLDER .*wrong\.yaml:10 /),
  })
  expect(table?.stderr).toContain('  fix: ')
  expect(sarif?.exitCode).toBe(3)
  expect(JSON.parse(sarif?.stdout ?? '').runs[0].results).toHaveLength(1)
  expect([clean?.exitCode, JSON.parse(clean?.stdout ?? '').findings]).toEqual([0, []])
  expect(warned).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('SECRET_IN_MANIFEST') })
  expect(`${warned?.stdout}${warned?.stderr}`).not.toContain('k3Wq')
  expect([gitlab?.exitCode, gitlab?.stdout]).toEqual([0, '[]\n'])
  expect(junit).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('failures="0"') })
  expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Expected --baseline <file> with it.') })
})

test('manifests, a cluster or both are audited, and not nothing', async () => {
  const [nothing, live] = await runCliMany([audit(), audit('--live')], { KUBECONFIG: '/dev/null' }, trackdechets)
  const none = '--manifests: nothing is named. Expected a file or folder of manifests, --live, or both.'
  expect(nothing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(none) })
  expect(live?.stderr).not.toContain('--manifests')
})

test('a baseline accepts what is there today, and nothing new; an ignore file has its reasons', async () => {
  const folder = await temporaryFolder()
  const [manifest, baseline, ignored] = ['m.yaml', 'baseline.json', 'ignore.yaml'].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  await writeFile(manifest, store('changeme'))
  const accepted = audit('--manifests', manifest, '--baseline', baseline)
  const [written, same] = await run([[...accepted, '--write-baseline'], accepted])
  expect([written?.exitCode, same?.exitCode, same?.stdout]).toEqual([0, 0, ''])
  expect(JSON.parse(await readFile(baseline, 'utf8')).findings).toMatchObject([{ code: 'PROJECT_PLACEHOLDER' }])

  await writeFile(manifest, `# moved\n${store('changeme').replace('region: fr-par', 'region: paris')}`)
  await writeFile(
    ignored,
    '- { code: PROJECT_MALFORMED, object: SecretStore/*, reason: a region of tomorrow }\n- { code: KEY_UNREAD, reason: old }\n',
  )
  const [grown, both] = await run([accepted, [...accepted, '--ignore-file', ignored]])
  expect(grown).toMatchObject({ exitCode: 3, stdout: expect.not.stringContaining('PROJECT_PLACEHOLDER') })
  expect(both).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^SEVERITY.*\nwarning {3}IGNORE_STALE .*ignore\.yaml:2 /),
  })
})

test('names that would forge output are escaped', async () => {
  const folder = await temporaryFolder()
  const manifest = join(folder, 'm.yaml')
  await writeFile(manifest, store('changeme').replace('name: own', 'name: "a\\e[2Jb\\u202e"'))
  const forms = ['table', 'json', 'sarif', 'gitlab', 'junit']
  for (const { stdout, stderr } of await run(forms.map((form) => audit('--manifests', manifest, '--output', form))))
    for (const hidden of ['\u001b', '\u202e']) expect(`${stdout}${stderr}`).not.toContain(hidden)
})

test('where the parser of JavaScript is not installed, code in other languages is read all the same', async () => {
  const folder = await temporaryFolder()
  const hook = join(folder, 'hook.mjs')
  const resolve = `export const resolve = (name, context, next) => {
    if (name === 'oxc-parser') throw new Error("Cannot find package 'oxc-parser'")
    return next(name, context)
  }`
  const register = `import { register } from 'node:module'
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(resolve)}`)})`
  await writeFile(hook, register)
  const manifest = join(folder, 'store.yaml')
  await writeFile(manifest, store('7b3f1d7a-6c42-4c55-9f0e-3a1d5e8b9c21'))
  const auditOf = async (file: string, text: string) => {
    const code = join(folder, file)
    await mkdir(code)
    await writeFile(join(code, file), text)
    const args = [
      '--import',
      hook,
      compiledCli,
      ...audit('--manifests', manifest, '--code', `backend=@${code}`, '--output', 'json'),
    ]
    return tryRun(process.execPath, args, { cwd: trackdechets })
  }
  const python = await auditOf('app.py', "import os\nos.environ['API_TOKEN_SECRET']\n")
  expect(python.exitCode).toBe(0)
  const unread = JSON.parse(python.stdout).findings.map(({ code, key }: Record<string, string>) => `${code} ${key}`)
  expect(unread).toContain('KEY_UNREAD SESSION_SECRET')
  expect(unread).not.toContain('KEY_UNREAD API_TOKEN_SECRET')
  const script = await auditOf('app.js', 'process.env.API_TOKEN_SECRET\n')
  expect([script.exitCode, script.stdout]).toEqual([5, ''])
  expect(script.stderr).toMatch(
    /^--code: the parser of JavaScript and TypeScript is not installed\. .*\(PARSER_MISSING\)$/s,
  )
})
