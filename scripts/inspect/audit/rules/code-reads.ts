import { nearest } from '../../../lib/nearest.ts'
import { specsOf, type TierModel } from '../../../model/resolve.ts'
import type { CodeRead } from '../code/code-read.ts'
import { at, type Finding } from '../finding.ts'
import type { TierCode, World } from '../world/world.ts'
import { type Delivered, deliveredTo } from './delivered-variables.ts'
import { isBuildTime, isKnownVariable } from './known-variables.ts'

/** Variables that code reads, against what its tier is given. What only patterns have found is a hint and never told here. */
export function codeReads(world: World): Finding[] {
  return world.code.flatMap((code) => {
    const tiers = world.model.tiers.filter(({ name }) => code.tier === undefined || name === code.tier)
    const delivered = tiers.map((tier) => deliveredTo(world, tier))
    return [...firstReads(code)].flatMap(([name, reads]) => judge(world, code, delivered, name, reads))
  })
}

/** Reads whose names are only known at run time: anything may be read there. */
export function dynamicReads({ code }: World): Finding[] {
  return code.flatMap(({ reading }) =>
    reading.dynamic.map(({ file, line, expression }) =>
      at({ file, line }, file, 'DYNAMIC_READ', {
        key: expression,
        fact: `it reads the variable that ${expression} names at run time`,
        expected: 'names that can be read in the code',
        fix: 'Read it by its name, or list the variables in a schema; else accept the finding in the ignore file.',
      }),
    ),
  )
}

// --- internal ---

/** By name, those first that need the variable. */
function firstReads({ reading }: TierCode): Map<string, CodeRead[]> {
  const byName = new Map<string, CodeRead[]>()
  for (const read of reading.reads)
    if (read.how !== 'hint') byName.set(read.name, [...(byName.get(read.name) ?? []), read])
  return byName
}

function judge(
  world: World,
  code: TierCode,
  delivered: readonly Delivered[],
  name: string,
  reads: readonly CodeRead[],
): Finding[] {
  if (isKnownVariable(name) || isBuildTime(name)) return []
  if (delivered.some(({ names }) => names.has(name))) return []
  const [first] = reads
  const other = code.tier === undefined ? undefined : world.model.tiers.find((tier) => hasKey(tier, name))
  if (other && first) return [foreign(code.tier ?? '', other, first, name)]
  // A test of whether it is set, or a default, does without it: so do other reads beside it.
  const guarded = new Set(
    reads.filter(({ required, how }) => required === false || how === 'asked').map(({ file }) => file),
  )
  const needing = reads.filter(
    ({ required, file }) => required === true || (required === undefined && !guarded.has(file)),
  )
  const read = needing.find(({ required }) => required === true) ?? needing[0]
  if (!read || delivered.some(({ isOpen, isSeen }) => isOpen || !isSeen)) return []
  const near = nearest(name, [...new Set(delivered.flatMap(({ names }) => [...names]))], 2)
  return [
    at({ file: read.file, line: read.line }, subject(code.tier), 'VARIABLE_UNDELIVERED', {
      key: name,
      ...(read.required === true ? { severity: 'error' as const } : {}),
      fact: `it ${read.required === true ? 'needs' : 'reads'} ${name}, and no workload ${code.tier === undefined ? '' : `of tier ${code.tier} `}that was read gets it`,
      expected: near ? `a variable that is delivered, such as ${near}` : 'a variable that is delivered',
      fix: `Give ${name} an entry in scripts/catalogue.ts if it is a secret, or a ConfigMap or env if it is not; give it a default where it may be missing.`,
    }),
  ]
}

/** Not the file: the same read elsewhere is the same finding. */
function subject(tier: string | undefined): string {
  return tier === undefined ? 'code' : `code (${tier})`
}

function hasKey(tier: TierModel, name: string): boolean {
  return tier.externalSecrets.flatMap(specsOf).some(({ variable }) => variable === name)
}

function foreign(own: string, other: TierModel, { file, line }: CodeRead, name: string): Finding {
  return at({ file, line }, subject(own), 'VARIABLE_OF_OTHER_TIER', {
    key: name,
    fact: `it is code of tier ${own} and reads ${name}, which the catalogue has in tier ${other.name} alone`,
    expected: `variables of tier ${own}`,
    fix: `Move the code to tier ${other.name}, or give ${name} an entry of its own in tier ${own} of scripts/catalogue.ts.`,
  })
}
