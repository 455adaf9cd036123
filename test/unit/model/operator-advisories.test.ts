import { expect, test } from 'vitest'
import { readRecipe } from '../../../scripts/local/toolchain/recipes.ts'
import { advisories, advisoriesOf } from '../../../scripts/model/operator-advisories.ts'
import { compareNumbers, installedOperator, parseOperatorVersion } from '../../../scripts/model/operator-version.ts'
import { repositoryFile, root } from '../../helpers/generating.ts'

const [secretKey, hostByName, token, caProvider, push] = advisories.map(({ id }) => id)
const idsOf = (text: string) => {
  const version = parseOperatorVersion(text)
  return version && advisoriesOf(version).map(({ id }) => id)
}

test.each([
  ['0.19.1', [hostByName, token, caProvider, push]],
  ['0.19.2-rc1', [hostByName, token, caProvider, push]],
  ['0.19.2', [hostByName, token, caProvider]],
  ['0.20.1', [hostByName, token, caProvider]],
  ['0.20.2-rc1', [secretKey, hostByName, token, caProvider]],
  ['0.20.2', [secretKey, hostByName, token, caProvider]],
  ['v0.20.4-ubi', [secretKey, hostByName, token, caProvider]],
  ['1.2.0-rc1', [secretKey, hostByName, token, caProvider]],
  ['1.2.0', [hostByName, token, caProvider]],
  ['2.3.0', [token, caProvider]],
  ['2.4.0', [token]],
  ['2.4.1', []],
  ['2.10.0', []],
])('the known faults of %s', (version, ids) => {
  expect(idsOf(version)).toEqual(ids)
})

test('the version to install has none; the documentation installs it, and upgrades to it', async () => {
  expect(idsOf(installedOperator)).toEqual([])
  const pages = await Promise.all(['docs/operations.md', 'docs/operator.md'].map(repositoryFile))
  const installed = pages.flatMap((page) => page.match(/external-secrets --version \d\S+/g) ?? [])
  expect(new Set(installed)).toEqual(new Set([`external-secrets --version ${installedOperator}`]))
  const steps = /for version in (.*); do/.exec(pages.join(''))?.[1]?.split(' ') ?? []
  expect(steps.at(-1)).toBe(installedOperator)
  expect([...steps].sort(compareNumbers)).toEqual(steps)
})

test('the operator for attacks has the fault that reads every Secret, and the other one has not', async () => {
  const [vulnerable, usual] = await Promise.all([
    readRecipe('external-secrets-vulnerable', root),
    readRecipe('external-secrets', root),
  ])
  expect(idsOf(vulnerable.version)).toContain(secretKey)
  expect(idsOf(usual.version)).not.toContain(secretKey)
})
