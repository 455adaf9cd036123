import type { Labels } from '../../model/types.ts'

/** Who or what a rule of a policy names. */
export interface FoundPeer {
  readonly cidr: string | undefined
  /** Every address, or every one that is public: `internet` is the latter. */
  readonly reach?: 'every' | 'public'
  /** Undefined: that of the policy. */
  readonly namespace: string | undefined
  readonly podLabels: Labels
  /** False: it selects by expressions, or namespaces by labels of their own, or leaves out a part of a network. */
  readonly isReadable: boolean
}

export interface FoundPort {
  /** A number, or the name of a container's port. Undefined: a range, or none. */
  readonly port: number | string | undefined
  readonly protocol: string
}

export interface FoundRule {
  /** Undefined: whoever. */
  readonly peers: readonly FoundPeer[] | undefined
  /** Undefined: every port. */
  readonly ports: readonly FoundPort[] | undefined
}

export interface FoundPolicy {
  readonly namespace: string
  readonly name: string
  /** Of the pods it is for; empty: all of the namespace. */
  readonly podLabels: Labels
  readonly ingress: readonly FoundRule[]
  readonly egress: readonly FoundRule[]
  readonly isReadable: boolean
  readonly closesIngress: boolean
  readonly closesEgress: boolean
  readonly where: string
}

export interface FoundService {
  readonly namespace: string
  readonly name: string
  readonly selector: Labels
}

/** What an ingress controller leads to. */
export interface FoundRoute {
  readonly namespace: string
  readonly service: string
}

export interface NetworkFacts {
  readonly policies: readonly FoundPolicy[]
  readonly services: readonly FoundService[]
  readonly routes: readonly FoundRoute[]
}
