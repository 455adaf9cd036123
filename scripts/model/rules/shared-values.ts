import { groupBy } from '../../lib/group.ts'
import { didYouMean } from '../../lib/nearest.ts'
import { gjsonPath, namesOf } from '../names.ts'
import { entryName, originOf, saidOnce, withOrigins } from '../shared-values.ts'
import { existsIn, remoteNameOf } from '../specs.ts'
import type { Catalogue, SecretSpec } from '../types.ts'
import { atSecret, quoted, type Rule } from './rule.ts'

/** An entry that shares a value with one that does not exist would have none. */
export const originsExist: Rule = ({ catalogue }) =>
  catalogue.secrets.flatMap((secret) => {
    const { sameAs } = secret
    if (sameAs === undefined || originIn(catalogue, secret)) return []
    const names = catalogue.secrets.map(entryName)
    return {
      code: 'SAME_AS_UNKNOWN',
      where: atSecret(secret),
      message: `sameAs names "${sameAs}", and there is no such entry.${didYouMean(sameAs, names)} Expected <tier>.<variable> of another entry.`,
      fix: 'Correct the name, or leave sameAs out for a value of its own.',
    }
  })

/** One entry of a shared value has it, and all others name that one: so a value has one place where it is described. */
export const originsHaveTheirOwnValue: Rule = ({ catalogue }) =>
  catalogue.secrets.flatMap((secret) => {
    const first = originIn(catalogue, secret)
    if (first?.sameAs === undefined) return []
    const path = [entryName(secret)]
    let end: SecretSpec = secret
    for (
      let next: SecretSpec | undefined = first;
      next && !path.includes(entryName(next));
      next = originIn(catalogue, end)
    ) {
      path.push(entryName(next))
      end = next
    }
    const where = atSecret(secret)
    if (first === secret)
      return {
        code: 'SAME_AS_ITSELF',
        where,
        message: 'sameAs names the entry itself. Expected another entry.',
        fix: 'Name the entry whose value it shares, or leave sameAs out.',
      }
    if (end.sameAs !== undefined)
      return {
        code: 'SAME_AS_CIRCLE',
        where,
        message: `sameAs leads in a circle: ${[...path, end.sameAs].join(', ')}. Expected one entry with a value of its own, which the others name.`,
        fix: 'Leave sameAs out at one of them, and name that one at all others.',
      }
    return {
      code: 'SAME_AS_CHAIN',
      where,
      message: `sameAs names "${entryName(first)}", which has the value of "${first.sameAs}" itself. Expected the entry that has a value of its own.`,
      fix: `Write sameAs: '${entryName(end)}'.`,
    }
  })

/** Where the origin does not exist there is no value to share. */
export const originsAreInTheSameEnvironments: Rule = ({ catalogue, environments }) =>
  catalogue.secrets.flatMap((secret) => {
    const origin = originIn(catalogue, secret)
    const lacking = Object.keys(environments).filter(
      (name) => existsIn(secret, name) && !(origin && existsIn(origin, name)),
    )
    if (!origin || lacking.length === 0) return []
    return {
      code: 'SAME_AS_ELSEWHERE',
      where: atSecret(secret),
      message: `exists in ${quoted(lacking)}, where "${entryName(origin)}" does not. Expected no environment but those of "${entryName(origin)}".`,
      fix: 'Correct the environments of one of them, or give it a value of its own: leave sameAs out.',
    }
  })

/** One value has one format, is there everywhere or nowhere, and becomes old at one time. */
export const sharedValuesAreAlike: Rule = ({ catalogue }) =>
  catalogue.secrets.flatMap((secret) => {
    const origin = originIn(catalogue, secret)
    if (!origin || origin === secret) return []
    const differing = [
      ...(secret.format === origin.format ? [] : [fact('format', secret.format, origin.format)]),
      ...((secret.optional ?? false) === (origin.optional ?? false)
        ? []
        : [fact('optional', String(secret.optional ?? false), String(origin.optional ?? false))]),
      ...saidOnce
        .filter((field) => secret[field] !== undefined && secret[field] !== origin[field])
        .map((field) => fact(field, secret[field], origin[field])),
    ]
    if (differing.length === 0) return []
    return {
      code: 'SAME_AS_DIFFERS',
      where: atSecret(secret),
      message: `shares the value of "${entryName(origin)}" and differs from it: ${differing.join('; ')}. Expected the same.`,
      fix: `Correct one of them. ${saidOnce.join(', ')} are said at "${entryName(origin)}" alone, and hold here too.`,
    }
  })

/** Two entries that read one field have one value: if one of them shares it, the other does too. */
export const sharedFieldsHaveOneOrigin: Rule = ({ catalogue, environments }) => {
  const spec = Object.values(environments)[0]
  if (!spec || catalogue.secrets.every(({ sameAs }) => sameAs === undefined)) return []
  const used = new Set<string | undefined>(catalogue.secrets.map(({ sameAs }) => sameAs))
  const field = (secret: SecretSpec) =>
    `${namesOf(catalogue, secret.tier, spec).remotePath}/${remoteNameOf(secret)} ${gjsonPath(secret.property ?? [])}`
  const whole = catalogue.secrets.filter(({ layout }) => layout !== 'bundle')
  return [...groupBy(whole, field).values()].flatMap((same) => {
    const first = same.find((one) => used.has(originOf(one)))
    if (!first) return []
    return same
      .filter((one) => originOf(one) !== originOf(first))
      .map((one) => ({
        code: 'SAME_AS_LEFT_OUT',
        where: atSecret(one),
        message: `reads the same remote secret as "${first.variable}", whose value is that of "${originOf(first)}". Expected it to share that value too.`,
        fix: `Write sameAs: '${originOf(first)}', or give it a remote secret of its own.`,
      }))
  })
}

/** What must not be replaced can't be due for replacement. */
export const irreplaceablesAreNotRotated: Rule = ({ catalogue }) =>
  withOrigins(catalogue.secrets)
    .filter(({ irreplaceable, rotation }) => irreplaceable !== undefined && rotation !== undefined)
    .map((secret) => ({
      code: 'IRREPLACEABLE_WITH_ROTATION',
      where: atSecret(secret),
      message: `is irreplaceable, and has a rotation of ${secret.rotation}. Expected one of them.`,
      fix: 'Leave rotation out; or leave irreplaceable out, if nothing is lost with the value.',
    }))

// --- internal ---

function originIn({ secrets }: Pick<Catalogue, 'secrets'>, { sameAs }: SecretSpec): SecretSpec | undefined {
  return sameAs === undefined ? undefined : secrets.find((other) => entryName(other) === sameAs)
}

function fact(field: string, here: string | undefined, there: string | undefined): string {
  return `${field} is ${here === undefined ? 'none' : `"${here}"`} here and ${there === undefined ? 'none' : `"${there}"`} there`
}
