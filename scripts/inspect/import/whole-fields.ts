import { gjsonPath } from '../../model/names.ts'
import type { FoundEntry, FoundWhole } from './facts.ts'

/** The objects that may have a value of this name: those with the longest part of it before their names. */
export function holdersOf(source: string, wholes: readonly FoundWhole[]): FoundWhole[] {
  const possible = wholes.filter(({ prefix }) => source.startsWith(prefix))
  const longest = Math.max(...possible.map(({ prefix }) => prefix.length))
  return possible.filter(({ prefix }) => prefix.length === longest)
}

/**
 * A field of an object that is read whole, as a key of the target. A bundle delivers its fields by the names of variables;
 * another name is one field that is read by itself.
 *
 * @param source what the operator calls the value
 */
export function fieldOf({ ref, prefix }: FoundWhole, source: string, key: string, where: string): FoundEntry {
  const field = source.slice(prefix.length)
  if ((field === key || isVariableName(field)) && ref.property === undefined)
    return { key, ...(field === key ? {} : { valueName: field }), ref, isBundled: true, where }
  const property = [ref.property, gjsonPath([field])].filter((part) => part !== undefined).join('.')
  return { key, ref: { key: ref.key, property }, isBundled: false, where }
}

export const isVariableName = (name: string) => /^[A-Z_][A-Z0-9_]*$/.test(name)
