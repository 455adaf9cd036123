{{/*
What may be written: the tier's own targets, of the values alone.
Arguments: none.
*/}}
{{- define "tiered-secrets.targetRules" -}}
{{- include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_TARGET"
  "rule" "variables.targetName in variables.boundary.targets.split(',')"
  "found" `'the target is Secret "' + variables.targetName + '"'`
  "expected" `'one of: ' + variables.boundary.targets.replace(',', ', ')`
  "fix" "add the variable to the catalogue: the chart then writes it to a target of the tier") }}
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_MANIFEST"
  "rule" "!has(variables.target.manifest)"
  "found" `'spec.target.manifest makes another kind of object'`
  "expected" `'a Secret'`
  "fix" "remove spec.target.manifest") }}
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_TYPE"
  "rule" "variables.template.?type.orValue('Opaque') == 'Opaque'"
  "found" `'spec.target.template.type is "' + variables.template.type + '"'`
  "expected" `'Opaque, or none'`
  "fix" "remove the type: some of them give the Secret rights of its own") }}
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_TEMPLATE"
  "rule" "!variables.template.?templateFrom.orValue([]).exists(source, has(source.secret))"
  "found" `'spec.target.template.templateFrom reads a Secret of the namespace'`
  "expected" `'templates with a literal'`
  "fix" "write the template out as a literal; the values come from data and dataFrom") }}
{{- end -}}

{{/*
Who may patch an ExternalSecret, to force a refresh, changes the annotation force-sync alone. The rest would be creating
one by changing it; and an annotation such as that of its Helm release, once changed by him, fails every later upgrade.
The operator may not create any in every version, but it alone updates their status.
Arguments: none.
*/}}
{{- define "tiered-secrets.writerVariables" -}}
- name: targetName
  expression: "variables.target.?name.orValue('') == '' ? object.metadata.name : variables.target.name"
- name: annotations
  expression: "dyn(object).metadata.?annotations.orValue({})"
- name: oldAnnotations
  expression: "dyn(oldObject).metadata.?annotations.orValue({})"
# Thousands of annotations take seconds to compare: they are refused by their number, before that.
- name: changedAnnotations
  expression: >-
    variables.annotations.size() > variables.oldAnnotations.size() + 100 ? ['more than 100 annotations'] :
    (variables.annotations.filter(name, name != 'force-sync'
    && variables.annotations[?name] != variables.oldAnnotations[?name])
    + variables.oldAnnotations.filter(name, name != 'force-sync' && !(name in variables.annotations)))
    .map(name, 'annotation ' + name)
- name: changed
  expression: >-
    request.operation == 'CREATE' ? [] : (dyn(object).?spec == dyn(oldObject).?spec ? [] : ['spec'])
    + ['labels', 'finalizers', 'ownerReferences'].filter(name,
    dyn(object).metadata[?name] != dyn(oldObject).metadata[?name])
    + variables.changedAnnotations
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
  "found" `'changed are ' + variables.changed.join(', ') + ', by somebody who may not create ExternalSecrets'`
  "expected" `'a change of the annotation force-sync alone'`
  "fix" "force a refresh with the annotation force-sync, and leave the rest to the chart") }}
{{- end -}}
