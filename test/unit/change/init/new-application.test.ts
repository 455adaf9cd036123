import { expect, test } from 'vitest'
import { nameFrom, newApplication } from '../../../../scripts/change/init/new-application.ts'
import { checkApplication } from '../../../../scripts/model/rules/index.ts'

test.each([
  ['ma boutique', 'ma-boutique'],
  ["L'équipe de Zoë", 'l-equipe-de-zoe'],
  ['2nd_try.', 'nd-try'],
  ['日本', 'application'],
  ['', 'application'],
  ['a-very-long-name-of-a-folder', 'a-very-long-name-of'],
])('a folder %s makes a name that an application may have', (folder, name) => {
  expect(nameFrom(folder)).toBe(name)
  expect(checkApplication(newApplication({ application: name, tiers: ['a'], environments: ['b'] }))).toEqual([])
})
