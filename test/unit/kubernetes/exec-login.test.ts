import { generateKeyPairSync } from 'node:crypto'
import { chmod, readdir, readFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { type ExecLoginOptions, execLogin, lastingToken } from '../../../scripts/kubernetes/exec-login.ts'
import { testCertificate } from '../../helpers/certificate.ts'
import { executable, temporaryFolder } from '../../helpers/folders.ts'
import { problemOf } from '../../helpers/problems.ts'

const v1 = 'client.authentication.k8s.io/v1'
const v1beta1 = 'client.authentication.k8s.io/v1beta1'
/** What must never be seen. */
const token = 'k8s-aws-v1.c2VjcmV0LXRva2Vu'

const ecKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

const credential = (status: unknown, apiVersion = v1) =>
  JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: {}, status })

/** A folder with a kubeconfig's plugin, a shell script. */
async function plugin(script: string, entry: object = {}, options: Partial<ExecLoginOptions> = {}) {
  const folder = await temporaryFolder()
  await executable(join(folder, 'bin/plugin'), script)
  const cluster = { server: 'https://cluster:6443' }
  const given = { apiVersion: v1, command: 'bin/plugin', interactiveMode: 'Never', ...entry }
  const place = { where: 'kubeconfig', context: 'prod', folder, searchPath: undefined }
  return { folder, login: execLogin(given, { ...place, cluster, ...options }) }
}

const printing = (text: string) => `cat <<'END'\n${text}\nEND`

test.each([v1, v1beta1])('the token of a plugin of %s is taken, with the time of its end', async (apiVersion) => {
  const answer = credential({ token, expirationTimestamp: '2026-11-24T12:00:00Z' }, apiVersion)
  const { login } = await plugin(printing(answer), { apiVersion })
  expect(await login).toEqual({ token, expiresAt: Date.UTC(2026, 10, 24, 12) })
})

test('a plugin is reported arguments, variables, the version that is spoken, and that nobody can answer it', async () => {
  const script = `printf '%s|' "$@" > told; echo "$REGION" >> told; echo "$KUBERNETES_EXEC_INFO" >> told
    wc -c >> told; ${printing(credential({ token }))}`
  const entry = {
    args: ['token', '--cluster', 'a b'],
    env: [{ name: 'REGION', value: 'fr-par' }],
    interactiveMode: 'IfAvailable',
  }
  const folder = await temporaryFolder()
  await plugin(`cd ${folder}; ${script}`, entry).then(({ login }) => login)
  const [first, info, input] = (await readFile(join(folder, 'told'), 'utf8')).split('\n')
  expect(first).toBe('token|--cluster|a b|fr-par')
  expect(JSON.parse(info ?? '')).toEqual({ apiVersion: v1, kind: 'ExecCredential', spec: { interactive: false } })
  expect(input?.trim()).toBe('0')
})

test('a plugin hears of the cluster only when its entry says so', async () => {
  const script = `echo "$KUBERNETES_EXEC_INFO" > "$NOTE"; ${printing(credential({ token }))}`
  const note = join(await temporaryFolder(), 'note')
  const env = [{ name: 'NOTE', value: note }]
  await (await plugin(script, { env, provideClusterInfo: true })).login
  expect(JSON.parse(await readFile(note, 'utf8')).spec.cluster).toEqual({ server: 'https://cluster:6443' })
  await (await plugin(script, { env, provideClusterInfo: false })).login
  expect(JSON.parse(await readFile(note, 'utf8')).spec).toEqual({ interactive: false })
})

test('a command without a slash is looked for on PATH, not beside the kubeconfig', async () => {
  const folder = await temporaryFolder()
  await executable(join(folder, 'bin/on-path-plugin'), printing(credential({ token })))
  const searchPath = `${join(folder, 'nothing')}${delimiter}${join(folder, 'bin')}`
  expect(await (await plugin('exit 1', { command: 'on-path-plugin' }, { searchPath })).login).toEqual({ token })
  await executable(join(folder, 'beside'), printing(credential({ token })))
  expect(await problemOf((await plugin('', { command: 'beside' }, { folder, searchPath })).login)).toMatchObject({
    code: 'LOGIN_PLUGIN_MISSING',
  })
})

test('a plugin on PATH that others could replace is passed over; one whose file the kubeconfig names is not', async () => {
  const folder = await temporaryFolder()
  const open = await executable(
    join(folder, 'open/plugin'),
    `echo run >> ${folder}/run; ${printing(credential({ token }))}`,
  )
  await chmod(dirname(open), 0o777)
  const searchPath = dirname(open)
  const { all } = await problemOf((await plugin('', { command: 'plugin' }, { searchPath })).login)
  expect(all.map(({ code, where }) => [code, where])).toEqual([
    ['LOGIN_PLUGIN_MISSING', 'kubeconfig'],
    ['PROGRAM_PASSED_OVER', open],
  ])
  expect(await readdir(folder)).toEqual(['open'])
  await executable(join(folder, 'closed/plugin'), printing(credential({ token: 'of-the-closed-one' })))
  const both = `${searchPath}${delimiter}${join(folder, 'closed')}`
  const told: string[] = []
  const log = (line: string) => void told.push(line)
  const { login } = await plugin('', { command: 'plugin' }, { searchPath: both, log })
  expect(await login).toEqual({ token: 'of-the-closed-one' })
  expect(told.join('\n')).toContain(`fix: Run \`chmod go-w '${dirname(open)}'\`, or write its whole path into the`)
  expect(await (await plugin('', { command: open })).login).toEqual({ token })
})

test('a client certificate is taken with its key', async () => {
  const { certificate, key } = testCertificate({ keys: ecKeys() })
  const answer = credential({ clientCertificateData: certificate, clientKeyData: key })
  const { login } = await plugin(printing(answer))
  expect(await login).toEqual({ clientCertificate: certificate, clientKey: key })
})

test('a plugin that is not installed is reported with the hint of the kubeconfig', async () => {
  const { login } = await plugin('', { command: 'no-such-plugin', installHint: 'Install it from https://x.example.\n' })
  expect(await problemOf(login)).toMatchObject({
    code: 'LOGIN_PLUGIN_MISSING',
    where: 'kubeconfig',
    message: 'context "prod": the login plugin "no-such-plugin" can\'t be started. Expected an executable file.',
    fix: 'Install it from https://x.example.',
    exitCode: 5,
  })
  const withoutHint = (await plugin('', { command: 'no-such-plugin' })).login
  expect((await problemOf(withoutHint)).fix).toBe('Install no-such-plugin, or correct the command in the kubeconfig.')
})

test('a plugin that fails is reported with the first line it says, and nothing of what it printed or was given', async () => {
  const script = `echo '${credential({ token })}'; echo "login expired for $KEY" >&2; echo "trace $KEY" >&2; exit 7`
  const env = [{ name: 'KEY', value: 'a-value-of-the-kubeconfig' }]
  const { login } = await plugin(script, { env, args: ['an-argument'] })
  const problem = await problemOf(login)
  expect(problem).toMatchObject({ code: 'LOGIN_PLUGIN_FAILED', exitCode: 4 })
  expect(problem.message).toBe(
    'context "prod": the login plugin "bin/plugin" ended with exit code 7. Expected 0. It says: login expired for (KEY)',
  )
  expect(JSON.stringify(problem)).not.toMatch(/a-value-of|an-argument|trace|k8s-aws/)
})

test('a plugin that does not answer is ended', async () => {
  const { login } = await plugin('exec sleep 600', {}, { timeoutMs: 200 })
  expect(await problemOf(login)).toMatchObject({
    code: 'LOGIN_PLUGIN_TIMEOUT',
    message:
      'context "prod": the login plugin "bin/plugin" has not answered after 0.2 s. Expected a credential by then.',
    exitCode: 4,
  })
})

test('a plugin that does not answer is reported at once, even when what it started continues', async () => {
  const folder = await temporaryFolder()
  const { login } = await plugin(`(sleep 2; touch ${folder}/ended) & wait`, {}, { timeoutMs: 100 })
  expect((await problemOf(login)).code).toBe('LOGIN_PLUGIN_TIMEOUT')
  expect(await readdir(folder)).toEqual([])
})

test('an interruption ends the plugin too', async () => {
  const interrupt = new AbortController()
  const { login } = await plugin('exec sleep 600', {}, { signal: interrupt.signal })
  interrupt.abort(new Error('interrupted'))
  await expect(login).rejects.toThrow('interrupted')
})

test.each([
  ['nothing', '', 'is not an ExecCredential'],
  ['a token alone', token, 'is not an ExecCredential'],
  ['a list', '[]', 'is not an ExecCredential'],
  ['another kind', JSON.stringify({ apiVersion: v1, kind: 'Secret', token }), 'is not an ExecCredential'],
  ['another version', credential({ token }, v1beta1), 'does not have the apiVersion of the kubeconfig'],
  ['no status', credential(undefined), 'holds neither a token nor a client certificate'],
  ['an empty token', credential({ token: '' }), 'holds neither a token nor a client certificate'],
  ['a token of two lines', credential({ token: `${token}\n${token}` }), 'holds a malformed token'],
  ['a certificate alone', credential({ clientCertificateData: token }), 'holds no client certificate with its own key'],
  ['no date', credential({ token, expirationTimestamp: token }), 'holds an expirationTimestamp that is not a date'],
])('a plugin that prints %s is reported without its output', async (_, output, fact) => {
  const { login } = await plugin(printing(output))
  const problem = await problemOf(login)
  expect(problem).toMatchObject({ code: 'LOGIN_PLUGIN_ANSWER', exitCode: 4 })
  expect(problem.message).toContain(`what the login plugin "bin/plugin" printed ${fact}. Expected an ExecCredential`)
  expect(JSON.stringify(problem)).not.toContain(token)
})

test('a client certificate with the key of another is reported', async () => {
  const { certificate } = testCertificate({ keys: ecKeys() })
  const { key } = testCertificate({ keys: ecKeys() })
  const { login } = await plugin(printing(credential({ clientCertificateData: certificate, clientKeyData: key })))
  expect((await problemOf(login)).message).toContain('holds no client certificate with its own key')
})

test('a plugin that must talk with somebody at a terminal is refused before it runs', async () => {
  const folder = await temporaryFolder()
  const { login } = await plugin(`touch ${folder}/ran`, { interactiveMode: 'Always' })
  expect(await problemOf(login)).toMatchObject({ code: 'LOGIN_PLUGIN_INTERACTIVE', exitCode: 3 })
  await expect(readFile(join(folder, 'ran'))).rejects.toThrow('ENOENT')
})

test.each([
  ['no command', { command: '' }],
  ['no version', { apiVersion: undefined }],
  ['a version that is gone', { apiVersion: 'client.authentication.k8s.io/v1alpha1' }],
  ['arguments that are not text', { args: [{ a: 1 }] }],
  ['a variable without a value', { env: [{ name: 'X' }] }],
])('an entry with %s is reported', async (_, entry) => {
  const { login } = await plugin(printing(credential({ token })), entry)
  expect(await problemOf(login)).toMatchObject({ code: 'BAD_KUBECONFIG', where: 'kubeconfig' })
})

test('an entry that is not an object is reported', async () => {
  const options = {
    where: 'kubeconfig',
    context: 'prod',
    folder: '.',
    searchPath: '',
    cluster: { server: 'https://x' },
  }
  for (const entry of [null, 'x', []]) {
    expect((await problemOf(execLogin(entry, options))).code).toBe('BAD_KUBECONFIG')
  }
})

test('a token is asked for again a minute before its end, once for all who wait', async () => {
  let time = 0
  const login = vi.fn(async () => ({ token: 'second', expiresAt: 900_000 }))
  const current = lastingToken({ token: 'first', expiresAt: 300_000 }, login, () => time)
  expect(await current()).toBe('first')
  time = 240_000
  expect(await current()).toBe('first')
  time = 240_001
  expect(await Promise.all([current(), current()])).toEqual(['second', 'second'])
  expect(await current()).toBe('second')
  expect(login).toHaveBeenCalledTimes(1)
})

test('a plugin that fails once is asked again the next time', async () => {
  const login = vi.fn(async () => ({ token: 'second' }))
  login.mockRejectedValueOnce(new Error('down'))
  const current = lastingToken({ token: 'first', expiresAt: 0 }, login, () => 1)
  await expect(current()).rejects.toThrow('down')
  expect(await current()).toBe('second')
})
