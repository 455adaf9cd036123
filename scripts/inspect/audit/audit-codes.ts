export type Severity = 'error' | 'warning' | 'note'

/** A kind of finding; for the documentation, for reports and for scripts. */
export interface AuditCodeEntry {
  readonly severity: Severity
  /** What is found, as a sentence without a final period. */
  readonly title: string
}

/** Every kind of finding by its stable code. */
export const auditCodes = {
  API_NOT_SERVED: error('An object is of a version that the operator does not serve any more'),
  FIELD_UNKNOWN: error('A field is not one of its kind, so that it has no effect or is refused'),
  PROJECT_PLACEHOLDER: error('A store has a placeholder where the id of a Scaleway project belongs'),
  PROJECT_MALFORMED: error('The project id or the region of a store has a form that Scaleway does not have'),
  PROJECT_DIFFERS: warning('A store reads another Scaleway project or region than the environment'),
  REF_NEVER_MATCHES: error('A reference can not name any remote secret'),
  REF_WITHOUT_FOLDER: warning(
    'A reference names no folder, so that the first secret of its name in the project is read',
  ),
  REF_OF_OTHER_TIER: error("A reference reads the folder of another tier's secrets"),
  KEY_IN_CLEAR: error('A store has its API key in the clear'),
  STORE_UNMADE: warning('An ExternalSecret names a store that nothing makes'),
  TARGET_TWO_OWNERS: error('Two objects write the same Secret'),
  SECRET_KEY_TWICE: error('An ExternalSecret writes one key twice'),
  SECRET_SHADOWED: error('Something else takes the place of a secret in a container'),
  VARIABLE_TWICE: warning('A container sets one variable twice'),
  VARIABLE_UNEXPANDED: warning('A value refers to a variable that its container does not have'),
  OPTIONAL_REQUIRED: warning('A container does not start without a secret that may be missing'),
  REFERENCE_UNMADE: warning('A reference names a Secret or ConfigMap that nothing makes'),
  KEY_UNMADE: error('A reference names a key that its Secret or ConfigMap does not have'),
  KEY_UNDELIVERED: error('A workload does not get a secret that it needs'),
  WORKLOAD_UNCATALOGUED: error('A workload reads secrets of a tier and is not in the catalogue'),
  WORKLOAD_UNDEPLOYED: warning('A workload of the catalogue is not in the manifests'),
  OTHER_TIER_SECRET: error("A workload names another tier's Secret"),
  VALUE_FROZEN: warning('A file of a Secret is mounted so that it is never refreshed'),
  SECRET_LITERAL: error('A secret stands in the clear in a manifest'),
  PLACEHOLDER_LITERAL: warning('A placeholder stands where a secret is expected'),
  SECRET_IN_MANIFEST: warning('A Secret with its values is among the manifests'),
  VARIABLE_UNDELIVERED: warning('Code reads a variable that nothing delivers'),
  VARIABLE_OF_OTHER_TIER: error('Code reads a secret that the catalogue has for another tier only'),
  KEY_UNREAD: warning('A secret is delivered and no code reads it'),
  BUILD_TIME_VARIABLE: warning('A variable of the build is delivered at run time, where nothing reads it'),
  SERVICE_LINK: warning('Code reads a variable that Kubernetes sets for a Service'),
  DYNAMIC_READ: note('Code reads a variable whose name is only known at run time'),
  SELECTOR_DIFFERS: error('A workload does not select the pods that it makes'),
  POLICY_SELECTS_NOTHING: warning('A NetworkPolicy selects no pod'),
  PEER_SELECTS_NOTHING: warning('A peer of a NetworkPolicy selects no pod'),
  NAMESPACE_LABEL_UNCARRIED: warning('A NetworkPolicy selects namespaces by a label that none carries'),
  DNS_WITHOUT_TCP: warning('A NetworkPolicy allows DNS over UDP alone'),
  EGRESS_FORGOTTEN: error('A NetworkPolicy closes something that the catalogue says its pods need'),
  BACKEND_FIELD_UNKNOWN: error('A backend of an Ingress or a route has a field that does not exist'),
  BACKEND_UNMADE: warning('A backend of an Ingress or a route names a Service that nothing makes'),
  BACKEND_NOT_GRANTED: warning('A route names a Service of another namespace, which no ReferenceGrant there allows'),
  BACKEND_PORT_UNKNOWN: error('A backend of an Ingress or a route names a port that its Service does not have'),
  SERVICE_WITHOUT_PODS: warning('A Service selects no pod'),
  SERVICE_PORT_UNKNOWN: error('A Service names a port that its pods do not declare'),
  FILE_UNREACHED: warning('A manifest beside a kustomization is not a part of any'),
  KUSTOMIZATION_MISNAMED: warning('A kustomization has a file name that kustomize does not read'),
  OVERLAY_UNRENDERED: error('A kustomize folder does not render, so that nothing in it is audited'),
  PATCH_UNMATCHED: warning('A patch of a kustomization matches no object'),
  IMAGE_UNMATCHED: warning('An image of a kustomization matches no container'),
  NAMESPACE_MERGES_TIERS: error('A kustomization puts workloads of two tiers into one namespace'),
  LABELS_IN_SELECTORS: warning('Labels of a kustomization also go into selectors that then match nothing'),
  IGNORE_STALE: warning('An entry of the ignore file matches nothing that is found'),
  INPUT_UNREAD: warning('A part of the input is not audited'),
} as const satisfies Readonly<Record<string, AuditCodeEntry>>

export type AuditCode = keyof typeof auditCodes

// --- internal ---

function error(title: string): AuditCodeEntry {
  return { severity: 'error', title }
}

function warning(title: string): AuditCodeEntry {
  return { severity: 'warning', title }
}

function note(title: string): AuditCodeEntry {
  return { severity: 'note', title }
}
