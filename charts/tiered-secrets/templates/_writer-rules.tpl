{{/*
A user who may patch an ExternalSecret to force a refresh may change only the annotation force-sync. Other changes would amount to creating
one; and when an annotation such as that of its Helm release, or the manager of a field, has been changed, a later upgrade fails
or never cleans it up.
The operator may not create any in every version, but it alone updates their status.
Arguments: none.
*/}}
{{- define "tiered-secrets.writerVariables" -}}
- name: annotations
  expression: "dyn(object).metadata.?annotations.orValue({})"
- name: oldAnnotations
  expression: "dyn(oldObject).metadata.?annotations.orValue({})"
- name: changedAnnotations
  expression: >-
    (variables.annotations.filter(name, name != 'force-sync'
    && variables.annotations[?name] != variables.oldAnnotations[?name])
    + variables.oldAnnotations.filter(name, name != 'force-sync' && !(name in variables.annotations)))
    .map(name, 'annotation ' + name)
# The managers of every field stay the same: in both directions, each entry has its counterpart,
# or none is needed because it holds force-sync alone.
- name: managers
  expression: "[dyn(oldObject), dyn(object)].map(one, one.metadata.?managedFields.orValue([]))"
- name: sameManagers
  expression: >-
    [variables.managers, [variables.managers[1], variables.managers[0]]].all(pair, pair[0].all(entry,
    ([dyn({})] + pair[1]).exists(other,
    (other.size() == 0 || ['manager', 'operation', 'subresource'].all(name, entry[?name] == other[?name]))
    && entry.?fieldsV1.orValue({}).all(name, name == 'f:metadata'
    || entry.fieldsV1[?name] == other.?fieldsV1[?name])
    && entry.?fieldsV1[?'f:metadata'].orValue({}).all(name, name in ['.', 'f:annotations']
    || entry.fieldsV1['f:metadata'][?name] == other.?fieldsV1[?'f:metadata'][?name])
    && entry.?fieldsV1[?'f:metadata'][?'f:annotations'].orValue({}).all(name, name in ['.', 'f:force-sync']
    || name in other.?fieldsV1[?'f:metadata'][?'f:annotations'].orValue({})))))
- name: changedFields
  expression: >-
    request.operation == 'CREATE' || variables.tooLarge.size() > 0 ? []
    : (dyn(object).?spec == dyn(oldObject).?spec ? [] : ['spec'])
    + ['labels', 'finalizers', 'ownerReferences'].filter(name,
    dyn(object).metadata[?name] != dyn(oldObject).metadata[?name])
    + variables.changedAnnotations
# Whoever changes a field becomes its manager: this counts only when no field has changed.
- name: changed
  expression: >-
    request.operation == 'CREATE' || variables.tooLarge.size() > 0 || variables.changedFields.size() > 0
    || variables.sameManagers ? variables.changedFields : ['managedFields']
- name: kind
  expression: authorizer.group('external-secrets.io').resource('externalsecrets')
- name: mayWrite
  expression: >-
    variables.kind.namespace(request.namespace).check('create').allowed()
    || variables.kind.subresource('status').namespace(request.namespace).check('update').allowed()
{{- end -}}

{{- define "tiered-secrets.writerRules" -}}
{{- include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_REFRESH_ONLY"
  "rule" "variables.mayWrite || variables.changed.size() == 0"
  "found" `'changed are ' + variables.changed.join(', ') + ', by a user who may not create ExternalSecrets'`
  "expected" `'a change of the annotation force-sync alone'`
  "fix" "force a refresh with the annotation force-sync, and change nothing else") }}
{{- end -}}
