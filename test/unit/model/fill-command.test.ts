import { expect, test } from 'vitest'
import { fillCommand } from '../../../scripts/model/fill-command.ts'

const [made, issued] = [{ format: 'random-secret' }, { format: 'text' }] as const
const proposal = { environment: 'dev', tier: 'api', only: ['A', 'B'] }

test('what may be generated is, and all else comes out of a file', () => {
  expect(fillCommand({ ...proposal, specs: [made] })).toBe(
    'npm run fill -- --environment dev --tier api --only A B --generate',
  )
  expect(fillCommand({ ...proposal, specs: [made, issued] })).toMatch(/--only A B --from <file>$/)
  expect(fillCommand({ environment: 'dev', tier: 'api', specs: [issued] })).toBe(
    'npm run fill -- --environment dev --tier api --from <file>',
  )
})

test('another value for what is there comes out of a file, whatever its format', () => {
  expect(fillCommand({ ...proposal, specs: [made], replace: true })).toMatch(/--replace --only A B --from <file>$/)
})

test('a value that is irreplaceable is named where a new one is proposed, and only there', () => {
  const kept = { ...issued, tier: 'api', variable: 'A', irreplaceable: 'rows' }
  const shared = { ...kept, tier: 'web', sameAs: 'api.A' as const }
  expect(fillCommand({ ...proposal, specs: [kept, shared], replace: true })).toMatch(
    / --from <file> --replace-irreplaceable api\.A$/,
  )
  expect(fillCommand({ ...proposal, specs: [kept] })).not.toContain('irreplaceable')
})
