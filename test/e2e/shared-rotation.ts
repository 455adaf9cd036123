import { expect } from 'vitest'
import { originOf } from '../../scripts/model/shared-values.ts'
import { sharing } from '../fixtures/sharing.ts'
import { type InterruptedRotations, startInterruptedRotations } from './interrupted-rotation.ts'
import type { UnitRotation } from './rotation-world.ts'

/**
 * Rotations of what tiers share: of a single value and a field of JSON; of two single values and a bundle, by their identities;
 * and of the first kind again.
 */
export function startSharedRotations(): Promise<InterruptedRotations> {
  return startInterruptedRotations({ application: sharing, units: ['web.KEY_BASE', 'shop-login', 'yard.ROW_KEY'] })
}

/** Whether all entries of each shared value hold the same. */
export async function expectShared(login: UnitRotation, what: string) {
  const values = await login.current()
  const named = ({ tier, spec }: UnitRotation['unit']['entries'][number]) => values[`${tier.name}.${spec.variable}`]
  for (const entry of login.unit.entries) {
    const origin = login.unit.entries.find(({ spec }) => `${spec.tier}.${spec.variable}` === originOf(entry.spec))
    expect([what, entry.spec.variable, origin && named(origin) === named(entry)]).toEqual([
      what,
      entry.spec.variable,
      true,
    ])
  }
  return values
}
