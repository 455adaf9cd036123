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
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_FIELD"
  "rule" "variables.foreignFields.size() == 0"
  "found" `'fields that the chart never renders are in or at ' + variables.foreignFields.join(', ')`
  "expected" `'the fields of the chart'`
  "fix" "remove them") }}
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_TYPE"
  "rule" `variables.targetName + '=' + variables.templateType in variables.boundary.targetTypes.split(',')
    || variables.templateType == 'Opaque' && !(variables.targetName in variables.boundary.targets.split(','))`
  "found" `'the target "' + variables.targetName + '" is of type "' + variables.templateType + '"'`
  "expected" `'one of: ' + variables.boundary.targetTypes.replace(',', ', ')`
  "fix" "correct spec.target.template.type, or add the type to the catalogue: some types give the Secret rights") }}
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_POLICY"
  "rule" `variables.target.?creationPolicy.orValue('Owner') == 'Owner'
    && variables.template.?engineVersion.orValue('v2') == 'v2'
    && variables.template.?mergePolicy.orValue('Replace') == 'Replace'`
  "found" `'creationPolicy, engineVersion or mergePolicy of spec.target differs from the chart'`
  "expected" `'Owner, v2 and Replace'`
  "fix" "remove them, or use these values") }}
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_METADATA"
  "rule" "variables.foreignMetadata.size() == 0"
  "found" `'the target would carry the ' + variables.foreignMetadata.join(', ')`
  "expected" `'the labels of the chart, the annotation reloader.stakater.com/match, and no finalizer'`
  "fix" "remove it from spec.target.template.metadata") }}
{{- /* A template calls functions, which read Secrets of all namespaces or send values away in some versions of the operator. */}}
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_TEMPLATE"
  "rule" `variables.templateData.all(key, key.matches('^[A-Za-z0-9._-]+$')
    && variables.templateData[key].matches('^[{][{] [.][A-Za-z_][A-Za-z0-9_]* [}][}]$'))`
  "found" `'spec.target.template.data has a template other than one plain field'`
  "expected" (printf `'"%s .NAME %s", with the key of a value'` "{{" "}}")
  "fix" "remove it; the values come from data and dataFrom") }}
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_TEMPLATE_FROM"
  "rule" (printf `variables.templateFrom.all(source,
    source.all(name, name in ['target', 'literal', 'valuesDecodingStrategy'])
    && source.?target.orValue('Data') == 'Data' && source.?valuesDecodingStrategy.orValue('None') == 'None'
    && source.?literal.orValue('').matches(%s))` (include "tiered-secrets.optionalPattern" .))
  "found" `'spec.target.template.templateFrom is not what the chart renders for an optional bundle'`
  "expected" `'none, or a literal that writes values of the tier under names of variables, and the target Data'`
  "fix" "remove it; the values come from data and dataFrom") }}
{{- end -}}
