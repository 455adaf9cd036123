import { expect, test } from 'vitest'
import { packageJson } from '../../../../scripts/change/init/package-json.ts'
import { problemOf } from '../../../helpers/problems.ts'

const given = { application: 'shop', version: '1.2.3', commands: ['start', 'check'] }

test('a new one is a private module with our commands and our package', () => {
  const { text, taken, isNewDependency } = packageJson(undefined, given)
  expect(JSON.parse(text)).toEqual({
    name: 'shop',
    private: true,
    type: 'module',
    scripts: { start: 'tiered-secrets start', check: 'tiered-secrets check' },
    devDependencies: { 'tiered-secrets': '1.2.3' },
  })
  expect([taken, isNewDependency]).toEqual([[], true])
})

test('what is in it stays, in its order and with its indent', () => {
  const before =
    '{\n\t"scripts": {\n\t\t"start": "node ."\n\t},\n\t"name": "mine",\n\t"dependencies": {\n\t\t"tiered-secrets": "^1"\n\t}\n}\n'
  const { text, scripts, taken, isNewDependency } = packageJson(before, given)
  expect(text).toBe(before.replace('"node ."', '"node .",\n\t\t"check": "tiered-secrets check"'))
  expect([[...scripts], taken, isNewDependency]).toEqual([['check'], ['start'], false])
  expect(packageJson(text, given).text).toBe(text)
})

test.each(['{', '[]', '"x"', ''])('one that npm could not read is left alone: %s', async (before) => {
  const problem = problemOf(Promise.resolve().then(() => packageJson(before, given)))
  expect(await problem).toMatchObject({ code: 'JSON_INVALID', where: 'package.json' })
})
