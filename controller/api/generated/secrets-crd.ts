// Made from crds/secrets.yaml by "make generate". Do not edit.
import type { CustomResourceDefinition } from "../crd.ts";

export const secretsCRD: CustomResourceDefinition = {
  "apiVersion": "apiextensions.k8s.io/v1",
  "kind": "CustomResourceDefinition",
  "metadata": {
    "name": "secrets.conops.dev"
  },
  "spec": {
    "group": "conops.dev",
    "scope": "Cluster",
    "names": {
      "kind": "Secret",
      "listKind": "SecretList",
      "plural": "secrets",
      "singular": "secret",
      "shortNames": [
        "sec"
      ],
      "categories": [
        "conops"
      ]
    },
    "versions": [
      {
        "name": "v1alpha1",
        "served": true,
        "storage": true,
        "subresources": {
          "status": {}
        },
        "additionalPrinterColumns": [
          {
            "name": "Ready",
            "type": "string",
            "description": "Whether every field can be read.",
            "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"
          },
          {
            "name": "Type",
            "type": "string",
            "description": "What the Secret holds.",
            "jsonPath": ".status.type"
          },
          {
            "name": "Encrypted",
            "type": "string",
            "description": "Whether every value is sealed on disk.",
            "jsonPath": ".status.conditions[?(@.type==\"Encrypted\")].status"
          },
          {
            "name": "Fields",
            "type": "string",
            "description": "The names of the fields.",
            "jsonPath": ".status.fields[*].name"
          },
          {
            "name": "Age",
            "type": "date",
            "description": "Since when this Secret is known.",
            "jsonPath": ".metadata.creationTimestamp"
          },
          {
            "name": "Reason",
            "type": "string",
            "description": "Why Ready is what it is, in one word.",
            "jsonPath": ".status.conditions[?(@.type==\"Ready\")].reason",
            "priority": 1
          },
          {
            "name": "Message",
            "type": "string",
            "description": "Why Ready is what it is, in words.",
            "jsonPath": ".status.conditions[?(@.type==\"Ready\")].message",
            "priority": 1
          }
        ],
        "schema": {
          "openAPIV3Schema": {
            "description": "A Secret holds what others must not read: keys and tokens of repositories and registries, values of variables. With an encryption key, ConOps seals in place what is written plain.",
            "type": "object",
            "x-kubernetes-validations": [
              {
                "rule": "!(has(self.stringData) && self.stringData.exists(key, (has(self.data) && key in self.data) || (has(self.sealedData) && key in self.sealedData))) && !(has(self.data) && self.data.exists(key, has(self.sealedData) && key in self.sealedData))",
                "message": "must hold each field once, in stringData, data or sealedData"
              }
            ],
            "properties": {
              "apiVersion": {
                "description": "The version of this resource's schema, conops.dev/v1alpha1.",
                "type": "string"
              },
              "kind": {
                "description": "The kind of this resource, Secret.",
                "type": "string"
              },
              "metadata": {
                "description": "The name, labels and annotations of the Secret.",
                "type": "object",
                "properties": {
                  "name": {
                    "description": "The name, unique among the Secrets of a registry: at most 63 lower-case letters, digits and \"-\", beginning and ending with a letter or digit.",
                    "type": "string",
                    "maxLength": 63,
                    "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
                  }
                }
              },
              "type": {
                "description": "What it holds. kubernetes.io/ssh-auth: ssh-privatekey, and where wanted passphrase and known_hosts. kubernetes.io/basic-auth: password, and where wanted username. conops.dev/bearer-token: token. kubernetes.io/dockerconfigjson: .dockerconfigjson, a config.json of Docker. Opaque: anything.",
                "type": "string",
                "enum": [
                  "Opaque",
                  "kubernetes.io/ssh-auth",
                  "kubernetes.io/basic-auth",
                  "conops.dev/bearer-token",
                  "kubernetes.io/dockerconfigjson"
                ],
                "default": "Opaque"
              },
              "stringData": {
                "description": "Fields in plain text. With an encryption key, ConOps moves them to sealedData.",
                "type": "object",
                "default": {},
                "x-kubernetes-validations": [
                  {
                    "rule": "self.all(key, key.matches('^[-._a-zA-Z0-9]{1,253}$'))",
                    "message": "must name its fields with letters, digits, \"-\", \"_\" and \".\""
                  }
                ],
                "additionalProperties": {
                  "description": "A value in plain text.",
                  "type": "string",
                  "format": "password",
                  "maxLength": 1048576
                }
              },
              "data": {
                "description": "Fields in base64, which hides nothing. With an encryption key, ConOps moves them to sealedData.",
                "type": "object",
                "default": {},
                "x-kubernetes-validations": [
                  {
                    "rule": "self.all(key, key.matches('^[-._a-zA-Z0-9]{1,253}$'))",
                    "message": "must name its fields with letters, digits, \"-\", \"_\" and \".\""
                  }
                ],
                "additionalProperties": {
                  "description": "A value in base64.",
                  "type": "string",
                  "format": "password",
                  "maxLength": 1398104,
                  "x-kubernetes-validations": [
                    {
                      "rule": "self.matches('^[A-Za-z0-9+/[:space:]]*={0,2}[[:space:]]*$')",
                      "message": "must be base64"
                    }
                  ]
                }
              },
              "sealedData": {
                "description": "Fields sealed by ConOps (AES-256-GCM), safe to commit. A value opens only in the Secret of this name and in the field of this name.",
                "type": "object",
                "default": {},
                "x-kubernetes-validations": [
                  {
                    "rule": "self.all(key, key.matches('^[-._a-zA-Z0-9]{1,253}$'))",
                    "message": "must name its fields with letters, digits, \"-\", \"_\" and \".\""
                  }
                ],
                "additionalProperties": {
                  "description": "A sealed value, as \"conops seal\" makes it.",
                  "type": "string",
                  "format": "password",
                  "maxLength": 2097152,
                  "pattern": "^conops-v[0-9]+[.][A-Za-z0-9._-]+$"
                }
              },
              "status": {
                "description": "What ConOps observed. It lives in NAME.status.yaml beside the manifest NAME.yaml, never in the manifest itself; only the controller writes it.",
                "type": "object",
                "required": [
                  "observedGeneration",
                  "type",
                  "fields",
                  "conditions"
                ],
                "properties": {
                  "observedGeneration": {
                    "description": "The generation of the Secret that this status is about.",
                    "type": "integer",
                    "format": "int64",
                    "minimum": 0
                  },
                  "type": {
                    "description": "What the Secret holds.",
                    "type": "string"
                  },
                  "fields": {
                    "description": "The fields, without their values.",
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": [
                      "name"
                    ],
                    "items": {
                      "description": "One field.",
                      "type": "object",
                      "required": [
                        "name"
                      ],
                      "properties": {
                        "name": {
                          "description": "The name of the field.",
                          "type": "string"
                        },
                        "keyID": {
                          "description": "The id of the encryption key that sealed it; not there while it is plain.",
                          "type": "string"
                        },
                        "sealedAt": {
                          "description": "When it was sealed.",
                          "type": "string",
                          "format": "date-time"
                        }
                      }
                    }
                  },
                  "usedBy": {
                    "description": "The Applications and Receivers that refer to it.",
                    "type": "array",
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "One of them, as KIND/NAME.",
                      "type": "string"
                    }
                  },
                  "conditions": {
                    "description": "The conditions, as in Kubernetes. Stalled is there only while it is True.",
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": [
                      "type"
                    ],
                    "items": {
                      "description": "One condition.",
                      "type": "object",
                      "required": [
                        "type",
                        "status",
                        "observedGeneration",
                        "lastTransitionTime",
                        "reason",
                        "message"
                      ],
                      "properties": {
                        "type": {
                          "description": "What the condition is about, such as Ready.",
                          "type": "string",
                          "maxLength": 316
                        },
                        "status": {
                          "description": "Whether the condition holds.",
                          "type": "string",
                          "enum": [
                            "True",
                            "False",
                            "Unknown"
                          ]
                        },
                        "observedGeneration": {
                          "description": "The generation that the condition is about.",
                          "type": "integer",
                          "format": "int64",
                          "minimum": 0
                        },
                        "lastTransitionTime": {
                          "description": "When status last changed from one value to another.",
                          "type": "string",
                          "format": "date-time"
                        },
                        "reason": {
                          "description": "Why, in one word for programs.",
                          "type": "string",
                          "minLength": 1,
                          "maxLength": 1024,
                          "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"
                        },
                        "message": {
                          "description": "Why, in words for people.",
                          "type": "string",
                          "maxLength": 32768
                        }
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    ]
  }
};
