// Made from crds/receivers.yaml by "make generate". Do not edit.
import type { CustomResourceDefinition } from "../crd.ts";

export const receiversCRD: CustomResourceDefinition = {
  "apiVersion": "apiextensions.k8s.io/v1",
  "kind": "CustomResourceDefinition",
  "metadata": {
    "name": "receivers.conops.dev"
  },
  "spec": {
    "group": "conops.dev",
    "scope": "Cluster",
    "names": {
      "kind": "Receiver",
      "listKind": "ReceiverList",
      "plural": "receivers",
      "singular": "receiver",
      "shortNames": [
        "rcv"
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
            "description": "Whether deliveries can be verified.",
            "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"
          },
          {
            "name": "Type",
            "type": "string",
            "description": "Whose deliveries it takes.",
            "jsonPath": ".spec.type"
          },
          {
            "name": "Path",
            "type": "string",
            "description": "Where deliveries are posted to.",
            "jsonPath": ".status.path"
          },
          {
            "name": "Age",
            "type": "date",
            "description": "Since when this Receiver is known.",
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
            "description": "A Receiver takes webhook deliveries of a Git host at /hooks/NAME, and has the repositories that they name looked at at once.",
            "type": "object",
            "required": [
              "spec"
            ],
            "properties": {
              "apiVersion": {
                "description": "The version of this resource's schema, conops.dev/v1alpha1.",
                "type": "string"
              },
              "kind": {
                "description": "The kind of this resource, Receiver.",
                "type": "string"
              },
              "metadata": {
                "description": "The name, labels and annotations of the Receiver.",
                "type": "object",
                "properties": {
                  "name": {
                    "description": "The name, unique among the Receivers of a registry, and the last part of the path that deliveries are posted to: at most 63 lower-case letters, digits and \"-\", beginning and ending with a letter or digit.",
                    "type": "string",
                    "maxLength": 63,
                    "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
                  }
                }
              },
              "spec": {
                "description": "What is wanted.",
                "type": "object",
                "required": [
                  "type",
                  "secretRef"
                ],
                "x-kubernetes-validations": [
                  {
                    "rule": "self.matchRepository || self.applications.size() > 0",
                    "message": "must hold applications, or matchRepository true"
                  }
                ],
                "properties": {
                  "type": {
                    "description": "Whose deliveries it takes, which decides how they are signed. gitea is Forgejo too; generic is an HMAC of the body, for everything else.",
                    "type": "string",
                    "enum": [
                      "github",
                      "gitlab",
                      "gitea",
                      "bitbucket",
                      "azure-devops",
                      "generic"
                    ]
                  },
                  "secretRef": {
                    "description": "The Secret whose field \"token\" is what the Git host signs with, or shows.",
                    "type": "object",
                    "required": [
                      "name"
                    ],
                    "properties": {
                      "name": {
                        "description": "The name of the Secret.",
                        "type": "string",
                        "maxLength": 63,
                        "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
                      }
                    }
                  },
                  "applications": {
                    "description": "The Applications whose remotes are looked at on every delivery.",
                    "type": "array",
                    "maxItems": 1000,
                    "default": [],
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": [
                      "name"
                    ],
                    "items": {
                      "description": "One Application.",
                      "type": "object",
                      "required": [
                        "name"
                      ],
                      "properties": {
                        "name": {
                          "description": "The name of the Application.",
                          "type": "string",
                          "maxLength": 63,
                          "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
                        }
                      }
                    }
                  },
                  "matchRepository": {
                    "description": "Look at every remote that is the repository which the delivery names.",
                    "type": "boolean",
                    "default": false
                  }
                }
              },
              "status": {
                "description": "What ConOps observed. It lives in NAME.status.yaml beside the manifest NAME.yaml, never in the manifest itself; only the controller writes it.",
                "type": "object",
                "required": [
                  "observedGeneration",
                  "observedSpecHash",
                  "path",
                  "conditions"
                ],
                "properties": {
                  "observedGeneration": {
                    "description": "The generation of the spec that this status is about.",
                    "type": "integer",
                    "format": "int64",
                    "minimum": 0
                  },
                  "observedSpecHash": {
                    "description": "The SHA-256 of the spec as written that this status is about.",
                    "type": "string"
                  },
                  "path": {
                    "description": "Where deliveries are posted to, below the address of the controller.",
                    "type": "string"
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
