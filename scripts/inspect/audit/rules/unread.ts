import { specsOf, type TierModel } from '../../../model/resolve.ts'
import { at, type Finding } from '../finding.ts'
import type { World } from '../world/world.ts'
import { deliveredTo, takenIn } from './delivered-variables.ts'
import { isBuildTime, isKnownVariable } from './known-variables.ts'

/** Secrets that are delivered and that nothing reads, or that come too late. */
export function unread(world: World): Finding[] {
  return world.model.tiers.flatMap((tier) => [...buildTime(tier), ...unreadIn(world, tier)])
}

// --- internal ---

const catalogue = { file: 'scripts/catalogue.ts', line: 1 }

function entry(tier: TierModel, variable: string): string {
  return `catalogue "${variable}" (${tier.name})`
}

/** Kubernetes itself reads what is in the other types. */
function variablesOf(tier: TierModel): string[] {
  const plain = tier.externalSecrets.filter(({ type }) => type === 'Opaque')
  return plain.flatMap(specsOf).map(({ variable }) => variable)
}

function buildTime(tier: TierModel): Finding[] {
  return variablesOf(tier)
    .filter(isBuildTime)
    .map((variable) =>
      at(catalogue, entry(tier, variable), 'BUILD_TIME_VARIABLE', {
        key: variable,
        fact: `${variable} is taken in when the program is built, and its Secret is there when it runs; every visitor can read it in the bundle`,
        expected: 'variables that the program reads when it runs',
        fix: `Give it to the build and take it out of the catalogue; if it has to stay secret, read it in a server under another name.`,
      }),
    )
}

function unreadIn(world: World, tier: TierModel): Finding[] {
  const code = world.code.filter((one) => one.tier === undefined || one.tier === tier.name)
  if (code.every(({ reading }) => reading.files === 0)) return []
  const { ofEntry, isSeen } = deliveredTo(world, tier)
  const used = new Set([
    ...code.flatMap(({ reading }) => reading.reads.map(({ name }) => name)),
    ...takenIn(world, tier),
  ])
  const isDynamic = code.some(({ reading }) => reading.dynamic.length > 0)
  return variablesOf(tier).flatMap((variable) => {
    const { variables = [], isFile = false } = ofEntry.get(variable) ?? {}
    const names = [variable, ...variables]
    if (
      isFile ||
      names.some(
        (name) =>
          used.has(name) ||
          code.some(({ reading }) => reading.words.has(name)) ||
          isKnownVariable(name) ||
          isBuildTime(name),
      )
    )
      return []
    return at(catalogue, entry(tier, variable), 'KEY_UNREAD', {
      key: variable,
      // A pod template that was not read may mount it as a file, or take it into another variable.
      ...(isDynamic || !isSeen ? { severity: 'note' as const } : {}),
      fact: `no code of tier ${tier.name} that was read names ${variable}${isDynamic ? '; some of it reads variables whose names are only known at run time' : ''}`,
      expected: 'a reader of each secret',
      fix: 'Take it out of the catalogue and revoke it, name the folder of the code that reads it with --code, or accept the finding in the ignore file.',
    })
  })
}
