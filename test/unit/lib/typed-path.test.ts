import { mkdir, realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tryRun } from '../../../scripts/lib/exec.ts'
import { typedIn, wholePath, wholePaths } from '../../../scripts/lib/typed-path.ts'
import { toolNames, tools } from '../../../scripts/local/toolchain/tools.ts'
import { temporaryFolder } from '../../helpers/folders.ts'

test.each([
  ['without npm, the working folder', {}, '/home/ada/shop'],
  [
    'with npm, where it was typed',
    { INIT_CWD: '/home/ada/shop/deploy', npm_package_json: '/home/ada/shop/package.json' },
    '/home/ada/shop/deploy',
  ],
  ['with another runner, where it was typed', { INIT_CWD: '/home/ada/shop/deploy' }, '/home/ada/shop/deploy'],
  [
    'under a script of another package, the working folder',
    { INIT_CWD: '/home', npm_package_json: '/home/ada/other/package.json' },
    '/home/ada/shop',
  ],
  ['with an empty variable, the working folder', { INIT_CWD: '' }, '/home/ada/shop'],
])('%s', (_, env, expected) => {
  expect(typedIn(env, '/home/ada/shop')).toBe(expected)
})

test.each([
  ['values.env', '/home/ada/shop/values.env'],
  ['../values.env', '/home/ada/values.env'],
  ['/dev/fd/63', '/dev/fd/63'],
  ['-', '-'],
  ['TLS_KEY=@tls.key', 'TLS_KEY=@/home/ada/shop/tls.key'],
  ['web.TLS_KEY=@../tls.key', 'web.TLS_KEY=@/home/ada/tls.key'],
  ['TLS_KEY=@-', 'TLS_KEY=@-'],
  ['TLS_KEY=@/dev/fd/63', 'TLS_KEY=@/dev/fd/63'],
  ['./TLS_KEY=@tls.key', '/home/ada/shop/TLS_KEY=@tls.key'],
  ['tls=key', '/home/ada/shop/tls=key'],
])('%s is %s', (path, expected) => {
  expect(wholePath(path, '/home/ada/shop')).toBe(expected)
})

test('the files of other programs are meant from there too', () => {
  const env = { KUBECONFIG: 'a:/b::../c', SCW_CONFIG_PATH: 'scw.yaml', OTHER: 'x' }
  expect(wholePaths(env, '/home/ada/shop')).toEqual({
    KUBECONFIG: '/home/ada/shop/a:/b::/home/ada/c',
    SCW_CONFIG_PATH: '/home/ada/shop/scw.yaml',
    OTHER: 'x',
  })
  expect(wholePaths({ KUBECONFIG: '' }, '/home')).toEqual({ KUBECONFIG: '' })
})

test('so are the programs to use, each by its variable, and the folder of those that are built', () => {
  const names = [...toolNames.map((name) => tools[name].variable), 'TIERED_SECRETS_CACHE']
  const env = Object.fromEntries(names.map((name) => [name, '../bin/x']))
  const expected = Object.fromEntries(names.map((name) => [name, '/home/ada/bin/x']))
  expect(wholePaths(env, '/home/ada/shop')).toEqual(expected)
})

test('the real npm tells where a command was typed', async () => {
  const folder = await realpath(await temporaryFolder())
  const below = join(folder, 'deploy')
  await mkdir(below)
  await writeFile(join(folder, 'print.mjs'), 'console.log(JSON.stringify([process.cwd(), process.env]))')
  await writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: { fill: 'node print.mjs' } }))
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD$/.test(name)))
  const { stdout } = await tryRun('npm', ['run', '--silent', 'fill'], { cwd: below, env, onlyEnv: true })
  const [workingFolder, given] = JSON.parse(stdout) as [string, Record<string, string>]
  expect([workingFolder, typedIn(given, workingFolder)]).toEqual([folder, below])
})
