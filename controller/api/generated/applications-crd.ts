// Made from crds/applications.yaml by "make generate". Do not edit.
import type { CustomResourceDefinition } from "../crd.ts";

export const applicationsCRD: CustomResourceDefinition = {
  "apiVersion": "apiextensions.k8s.io/v1",
  "kind": "CustomResourceDefinition",
  "metadata": {
    "name": "applications.conops.dev"
  },
  "spec": {
    "group": "conops.dev",
    "scope": "Cluster",
    "names": {
      "kind": "Application",
      "listKind": "ApplicationList",
      "plural": "applications",
      "singular": "application",
      "shortNames": [
        "app",
        "apps"
      ],
      "categories": [
        "all",
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
            "description": "Whether what was asked for runs, and is healthy.",
            "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"
          },
          {
            "name": "Phase",
            "type": "string",
            "description": "The state in one word, for people.",
            "jsonPath": ".status.phase"
          },
          {
            "name": "Sync",
            "type": "string",
            "description": "Whether the wanted revision is the applied one.",
            "jsonPath": ".status.sync.status"
          },
          {
            "name": "Health",
            "type": "string",
            "description": "The health of all services together.",
            "jsonPath": ".status.health.status"
          },
          {
            "name": "Revision",
            "type": "string",
            "description": "The commit that was applied last.",
            "jsonPath": ".status.sync.applied.revision"
          },
          {
            "name": "Age",
            "type": "date",
            "description": "Since when this Application is known.",
            "jsonPath": ".metadata.creationTimestamp"
          },
          {
            "name": "Project",
            "type": "string",
            "description": "The Compose project, where the manifest names one.",
            "jsonPath": ".spec.compose.projectName",
            "priority": 1
          },
          {
            "name": "Repository",
            "type": "string",
            "description": "The repository that is followed.",
            "jsonPath": ".spec.source.repoURL",
            "priority": 1
          },
          {
            "name": "Path",
            "type": "string",
            "description": "What is deployed from the repository.",
            "jsonPath": ".spec.source.path",
            "priority": 1
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
            "description": "An Application keeps one Docker Compose project on this host true to a path in a Git repository.",
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
                "description": "The kind of this resource, Application.",
                "type": "string"
              },
              "metadata": {
                "description": "The name, labels and annotations of the Application.",
                "type": "object",
                "properties": {
                  "name": {
                    "description": "The name, unique among the Applications of a registry: at most 63 lower-case letters, digits and \"-\", beginning and ending with a letter or digit.",
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
                  "source"
                ],
                "x-kubernetes-validations": [
                  {
                    "rule": "!(has(self.compose) && has(self.manifests))",
                    "message": "holds both compose and manifests; an Application deploys either a Compose project or manifests"
                  }
                ],
                "properties": {
                  "suspend": {
                    "description": "While true, nothing is written to the host: no sync, no healing. Polling, observation and status go on.",
                    "type": "boolean",
                    "default": false
                  },
                  "state": {
                    "description": "Running keeps the project up. Stopped keeps it down, through commits, drift and restarts of the engine; containers and volumes stay.",
                    "type": "string",
                    "enum": [
                      "Running",
                      "Stopped"
                    ],
                    "default": "Running"
                  },
                  "source": {
                    "description": "Where the desired state comes from.",
                    "type": "object",
                    "required": [
                      "repoURL"
                    ],
                    "x-kubernetes-validations": [
                      {
                        "rule": "self.repoURL.matches('^(https?://|git://|file://|/)') || has(self.secretRef)",
                        "message": "must name a Secret in secretRef, since an ssh URL is read with a key"
                      },
                      {
                        "rule": "!has(self.verify) || self.verify.mode != 'Tag' || (has(self.revision) && (has(self.revision.tag) || has(self.revision.semver)))",
                        "message": "must name a tag in revision, by tag or semver, for verify.mode Tag"
                      }
                    ],
                    "properties": {
                      "repoURL": {
                        "description": "The Git repository: an https, http, git or ssh URL, or the short form user@host:path. file: URLs and absolute local paths work only where the controller runs with --allow-file-repos. Never with credentials in it: they belong into a Secret.",
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 2048,
                        "x-kubernetes-validations": [
                          {
                            "rule": "self.matches('^((https?|git)://[^/?#@[:space:]]+/[^?#[:space:]]+|ssh://([^/?#@:[:space:]]+@)?[^/?#@[:space:]]+/[^?#[:space:]]+|(file://)?/[^?#[:space:]]+|[^-/:?#[:space:]][^/:?#[:space:]]*:/?[^-/:@?#[:space:]][^@?#[:space:]]*)$')",
                            "message": "must be an https, http, git or ssh URL without credentials, query and fragment"
                          }
                        ]
                      },
                      "revision": {
                        "description": "What to follow: exactly one of branch, tag, semver and commit. Without it, the branch that the remote's HEAD names is followed.",
                        "type": "object",
                        "minProperties": 1,
                        "maxProperties": 1,
                        "x-kubernetes-validations": [
                          {
                            "rule": "[has(self.branch), has(self.tag), has(self.semver), has(self.commit)].filter(kind, kind).size() == 1",
                            "message": "must hold exactly one of branch, tag, semver and commit"
                          }
                        ],
                        "properties": {
                          "branch": {
                            "description": "The branch to follow, such as main, without refs/heads/.",
                            "type": "string",
                            "minLength": 1,
                            "maxLength": 244,
                            "x-kubernetes-validations": [
                              {
                                "rule": "!self.matches(r'^-|^refs/|(^|/)[.]|[.]lock(/|$)|[.][.]|//|^/|/$|[.]$|@[{]|^@$|^HEAD$|[[:cntrl:][:space:]~^:?*\\[\\\\]')",
                                "message": "must be a branch name that Git accepts"
                              }
                            ]
                          },
                          "tag": {
                            "description": "The tag to follow, such as v1.4, without refs/tags/. A tag that is moved is followed too.",
                            "type": "string",
                            "minLength": 1,
                            "maxLength": 244,
                            "x-kubernetes-validations": [
                              {
                                "rule": "!self.matches(r'^-|^refs/|(^|/)[.]|[.]lock(/|$)|[.][.]|//|^/|/$|[.]$|@[{]|^@$|[[:cntrl:][:space:]~^:?*\\[\\\\]')",
                                "message": "must be a tag name that Git accepts"
                              }
                            ]
                          },
                          "semver": {
                            "description": "A range of semantic versions, such as \">=1.4 <2\": the highest tag within it is followed. Tags may begin with \"v\". A prerelease counts only where the range names one of the same version. A tag that is moved is followed too, as are lower versions when the highest tag is removed.",
                            "type": "string",
                            "minLength": 1,
                            "maxLength": 256,
                            "x-kubernetes-validations": [
                              {
                                "rule": "self.matches(r'[0-9xX*]') && !self.matches(r'[,&]')",
                                "message": "must be a range of semantic versions, such as \">=1.4 <2\""
                              }
                            ]
                          },
                          "commit": {
                            "description": "The full id of a commit, 40 hexadecimal digits. Nothing is polled.",
                            "type": "string",
                            "pattern": "^[0-9a-fA-F]{40}$"
                          }
                        }
                      },
                      "path": {
                        "description": "What to deploy, relative to the root of the repository: a Compose file, or a directory that holds one under one of Compose's usual names.",
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 1024,
                        "default": ".",
                        "x-kubernetes-validations": [
                          {
                            "rule": "!self.matches(r'^/|[[:cntrl:]\\\\]|(^|/)[.][.](/|$)')",
                            "message": "must be relative to the root of the repository, without \"..\""
                          }
                        ]
                      },
                      "secretRef": {
                        "description": "The Secret with the credential for the repository, of type kubernetes.io/ssh-auth, kubernetes.io/basic-auth or conops.dev/bearer-token.",
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
                      "submodules": {
                        "description": "Check out submodules too. Their URLs keep to the same rules as repoURL; they are read without a credential unless submoduleSecretRefs names one for their host.",
                        "type": "boolean",
                        "default": false
                      },
                      "submoduleSecretRefs": {
                        "description": "The credentials for submodules, by host. Whoever may push to the repository chooses what its submodules are: name only a credential whose every repository they may read.",
                        "type": "array",
                        "maxItems": 16,
                        "default": [],
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": [
                          "host"
                        ],
                        "items": {
                          "description": "The credential for the submodules of one host.",
                          "type": "object",
                          "required": [
                            "host",
                            "secretRef"
                          ],
                          "properties": {
                            "host": {
                              "description": "The host as the submodules' URLs name it, with a port where they have one, such as git.example.com or git.example.com:2222.",
                              "type": "string",
                              "maxLength": 260,
                              "pattern": "^[A-Za-z0-9_.-]+(:[0-9]{1,5})?$"
                            },
                            "secretRef": {
                              "description": "The Secret, of a type as for source.secretRef.",
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
                            }
                          }
                        }
                      },
                      "verify": {
                        "description": "Deploy only what an allowed signer has signed. An unsigned or wrongly signed revision is never checked out to the running directory; what runs goes on.",
                        "type": "object",
                        "x-kubernetes-validations": [
                          {
                            "rule": "has(self.allowedSigners) || has(self.allowedPGPKeys) || has(self.secretRef)",
                            "message": "must name who may sign, by allowedSigners, allowedPGPKeys or secretRef"
                          }
                        ],
                        "properties": {
                          "mode": {
                            "description": "HEAD asks for a signature of the commit that is deployed; Tag for one of the annotated tag that revision names (tag or semver).",
                            "type": "string",
                            "enum": [
                              "HEAD",
                              "Tag"
                            ],
                            "default": "HEAD"
                          },
                          "allowedSigners": {
                            "description": "Who may sign with an SSH key, in the format of OpenSSH's allowed_signers file, a line for each.",
                            "type": "string",
                            "minLength": 1,
                            "maxLength": 65536,
                            "x-kubernetes-validations": [
                              {
                                "rule": "self.matches(r'(ssh-|ecdsa-|sk-)')",
                                "message": "must hold a key of OpenSSH on each line that is no comment"
                              }
                            ]
                          },
                          "allowedPGPKeys": {
                            "description": "The public keys of those who may sign with OpenPGP, armored, one after another.",
                            "type": "string",
                            "minLength": 1,
                            "maxLength": 262144,
                            "x-kubernetes-validations": [
                              {
                                "rule": "self.contains('-----BEGIN PGP PUBLIC KEY BLOCK-----') && !self.contains('PRIVATE KEY')",
                                "message": "must hold armored public keys, and no private one"
                              }
                            ]
                          },
                          "secretRef": {
                            "description": "A Secret whose fields allowed_signers and allowed_pgp_keys hold the same; it adds to what stands here.",
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
                          }
                        }
                      },
                      "interval": {
                        "description": "How often the remote is asked for news, as a duration such as 30s, 5m or 1h30m; at least 1s. Jitter only shortens it, to no less than nine tenths.",
                        "type": "string",
                        "maxLength": 32,
                        "pattern": "^([0-9]+([.][0-9]+)?(ms|s|m|h))+$",
                        "default": "30s",
                        "x-kubernetes-validations": [
                          {
                            "rule": "duration(self) >= duration('1s') && duration(self) <= duration('8760h')",
                            "message": "must be between 1s and 8760h"
                          }
                        ]
                      }
                    }
                  },
                  "compose": {
                    "description": "How the Compose project is made of what the source holds. Excludes manifests.",
                    "type": "object",
                    "properties": {
                      "projectName": {
                        "description": "The name of the Compose project; by default metadata.name. It cannot change once it was applied.",
                        "type": "string",
                        "maxLength": 128,
                        "pattern": "^[a-z0-9][a-z0-9_-]*$"
                      },
                      "overrides": {
                        "description": "Further Compose files, relative to the root of the repository, merged in this order over the first one (-f).",
                        "type": "array",
                        "maxItems": 64,
                        "default": [],
                        "x-kubernetes-list-type": "set",
                        "items": {
                          "description": "A Compose file, relative to the root of the repository.",
                          "type": "string",
                          "minLength": 1,
                          "maxLength": 1024,
                          "x-kubernetes-validations": [
                            {
                              "rule": "!self.matches(r'^/|[[:cntrl:]\\\\]|(^|/)[.][.](/|$)')",
                              "message": "must be relative to the root of the repository, without \"..\""
                            }
                          ]
                        }
                      },
                      "profiles": {
                        "description": "The Compose profiles that are switched on.",
                        "type": "array",
                        "maxItems": 64,
                        "default": [],
                        "x-kubernetes-list-type": "set",
                        "items": {
                          "description": "The name of a profile, or \"*\" for all of them.",
                          "type": "string",
                          "maxLength": 128,
                          "pattern": "^([a-zA-Z0-9][a-zA-Z0-9_.-]*|[*])$"
                        }
                      },
                      "env": {
                        "description": "Variables for the interpolation of the Compose files.",
                        "type": "array",
                        "maxItems": 1000,
                        "default": [],
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": [
                          "name"
                        ],
                        "items": {
                          "description": "One variable, with a value or with the place of its value.",
                          "type": "object",
                          "required": [
                            "name"
                          ],
                          "x-kubernetes-validations": [
                            {
                              "rule": "has(self.value) != has(self.valueFrom)",
                              "message": "must hold either value or valueFrom"
                            }
                          ],
                          "properties": {
                            "name": {
                              "description": "The name of the variable.",
                              "type": "string",
                              "maxLength": 256,
                              "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
                              "x-kubernetes-validations": [
                                {
                                  "rule": "!self.matches('^(PATH|HOME|PWD|COMPOSE_.*|DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS|TLS_VERIFY|API_VERSION)|BUILDKIT_HOST|BUILDX_.*|LD_.*)$')",
                                  "message": "is set by ConOps itself, or would steer Compose and the engine"
                                }
                              ]
                            },
                            "value": {
                              "description": "The value. Quote what YAML would read as a number or as true or false.",
                              "type": "string",
                              "format": "password",
                              "maxLength": 131072
                            },
                            "valueFrom": {
                              "description": "Where the value comes from.",
                              "type": "object",
                              "required": [
                                "secretKeyRef"
                              ],
                              "properties": {
                                "secretKeyRef": {
                                  "description": "A key of a Secret.",
                                  "type": "object",
                                  "required": [
                                    "name",
                                    "key"
                                  ],
                                  "properties": {
                                    "name": {
                                      "description": "The name of the Secret.",
                                      "type": "string",
                                      "maxLength": 63,
                                      "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
                                    },
                                    "key": {
                                      "description": "The key within the Secret.",
                                      "type": "string",
                                      "maxLength": 253,
                                      "pattern": "^[-._a-zA-Z0-9]+$"
                                    }
                                  }
                                }
                              }
                            },
                            "inject": {
                              "description": "Also put the variable into the environment of every container.",
                              "type": "boolean",
                              "default": false
                            }
                          }
                        }
                      },
                      "envFiles": {
                        "description": "Files of variables for interpolation, relative to the root of the repository; a later one wins over an earlier one, env over all of them.",
                        "type": "array",
                        "maxItems": 64,
                        "default": [],
                        "x-kubernetes-list-type": "set",
                        "items": {
                          "description": "A file of variables, relative to the root of the repository.",
                          "type": "string",
                          "minLength": 1,
                          "maxLength": 1024,
                          "x-kubernetes-validations": [
                            {
                              "rule": "!self.matches(r'^/|[[:cntrl:]\\\\]|(^|/)[.][.](/|$)')",
                              "message": "must be relative to the root of the repository, without \"..\""
                            }
                          ]
                        }
                      },
                      "allowUnset": {
                        "description": "Variables that may be unset in a bind source, path, port or image, where an unset variable is otherwise an error: \"${DATA_DIR}/db\" would mount /db.",
                        "type": "array",
                        "maxItems": 1000,
                        "default": [],
                        "x-kubernetes-list-type": "set",
                        "items": {
                          "description": "The name of a variable.",
                          "type": "string",
                          "maxLength": 256,
                          "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"
                        }
                      },
                      "pull": {
                        "description": "When images are pulled at a sync. missing and never keep an image that the host has; always takes what the registry has for the tag, and follows the tag when it moves there.",
                        "type": "string",
                        "enum": [
                          "missing",
                          "always",
                          "never"
                        ],
                        "default": "missing"
                      },
                      "build": {
                        "description": "Build the images of services that have a build section.",
                        "type": "boolean",
                        "default": true
                      },
                      "adopt": {
                        "description": "Take over a project of this name that somebody else brought up, even where that removes containers or changes mounts.",
                        "type": "boolean",
                        "default": false
                      },
                      "imagePullSecrets": {
                        "description": "Secrets of type kubernetes.io/dockerconfigjson with the credentials of image registries, for pull, build and up. Of two that name one registry, the first wins. Without any, the logins of the user who runs ConOps are used.",
                        "type": "array",
                        "maxItems": 16,
                        "default": [],
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": [
                          "name"
                        ],
                        "items": {
                          "description": "One Secret.",
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
                        }
                      }
                    }
                  },
                  "manifests": {
                    "description": "Deploy ConOps manifests instead of a Compose project: path is then a directory of manifests, which are written into the registry. Excludes compose. Not supported by this version of ConOps.",
                    "type": "object",
                    "properties": {
                      "prune": {
                        "description": "Remove manifests from the registry that are no longer in the repository.",
                        "type": "boolean",
                        "default": true
                      }
                    }
                  },
                  "sync": {
                    "description": "When and how changes are applied.",
                    "type": "object",
                    "default": {},
                    "properties": {
                      "automated": {
                        "description": "Apply new revisions and edits of this manifest without being asked. While false they wait for \"conops sync\".",
                        "type": "boolean",
                        "default": true
                      },
                      "selfHeal": {
                        "description": "Restore what was applied when the host no longer matches it.",
                        "type": "boolean",
                        "default": true
                      },
                      "prune": {
                        "description": "Remove containers of services that are no longer in the project.",
                        "type": "boolean",
                        "default": true
                      },
                      "timeout": {
                        "description": "How long services may take to become healthy after a sync, as a duration such as 5m; at least 5s. Pull and build have limits of their own.",
                        "type": "string",
                        "maxLength": 32,
                        "pattern": "^([0-9]+([.][0-9]+)?(ms|s|m|h))+$",
                        "default": "5m",
                        "x-kubernetes-validations": [
                          {
                            "rule": "duration(self) >= duration('5s') && duration(self) <= duration('8760h')",
                            "message": "must be between 5s and 8760h"
                          }
                        ]
                      },
                      "rollbackOnFailure": {
                        "description": "Return to the last healthy target when a service of a new one fails after a sync. Refused where a one-shot of the new one has run and is not labelled conops.dev/rollback: safe, or the definition of a volume changed. What was rolled back is not tried again until it changes, or on request.",
                        "type": "boolean",
                        "default": false
                      }
                    }
                  },
                  "dependsOn": {
                    "description": "Applications that must be Ready before a new target of this one is applied. Not supported by this version of ConOps.",
                    "type": "array",
                    "maxItems": 64,
                    "default": [],
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": [
                      "name"
                    ],
                    "items": {
                      "description": "An Application to wait for.",
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
                  "ignoreDifferences": {
                    "description": "Kinds of drift that are not healed, do not count as drift and do not make it OutOfSync, for what others change on purpose. They are shown as ignored, and a service that does not run is no healthier for it.",
                    "type": "array",
                    "maxItems": 64,
                    "default": [],
                    "x-kubernetes-list-type": "atomic",
                    "items": {
                      "description": "Kinds to ignore, of one service or of all.",
                      "type": "object",
                      "required": [
                        "kinds"
                      ],
                      "properties": {
                        "service": {
                          "description": "The service of the Compose project that it is about; every service where it is left out.",
                          "type": "string",
                          "maxLength": 256,
                          "pattern": "^[a-zA-Z0-9._-]+$"
                        },
                        "kinds": {
                          "description": "The kinds of drift. Orphan and Running are not among them: sync.prune and state are the switches for these.",
                          "type": "array",
                          "minItems": 1,
                          "maxItems": 32,
                          "x-kubernetes-list-type": "set",
                          "items": {
                            "description": "A kind of drift.",
                            "type": "string",
                            "enum": [
                              "Missing",
                              "Created",
                              "Exited",
                              "Stopped",
                              "Unhealthy",
                              "Paused",
                              "Restarting",
                              "ConfigChanged",
                              "ImageChanged",
                              "FilesChanged",
                              "LocalChange",
                              "Scaled",
                              "NetworkDetached",
                              "NetworkChanged",
                              "VolumeChanged",
                              "Modified"
                            ]
                          }
                        }
                      }
                    }
                  },
                  "deletionPolicy": {
                    "description": "What becomes of the project when this manifest is deleted. Delete removes containers and networks and keeps volumes, DeleteVolumes removes the volumes too, Orphan leaves everything running. By default Delete for compose, Orphan for manifests.",
                    "type": "string",
                    "enum": [
                      "Delete",
                      "DeleteVolumes",
                      "Orphan"
                    ]
                  }
                }
              },
              "status": {
                "description": "What ConOps observed. It lives in NAME.status.yaml beside the manifest NAME.yaml, never in the manifest itself; only the controller writes it.",
                "type": "object",
                "required": [
                  "observedGeneration",
                  "observedSpecHash",
                  "phase",
                  "sync",
                  "health",
                  "drift",
                  "history",
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
                  "phase": {
                    "description": "The state in one word, for people. Programs read the conditions.",
                    "type": "string",
                    "enum": [
                      "Pending",
                      "PendingSync",
                      "Syncing",
                      "Synced",
                      "OutOfSync",
                      "Degraded",
                      "Error",
                      "Suspended",
                      "Stopped",
                      "Deleting"
                    ]
                  },
                  "sync": {
                    "description": "Which target was wanted, tried and applied.",
                    "type": "object",
                    "required": [
                      "status"
                    ],
                    "properties": {
                      "status": {
                        "description": "Whether the applied target is the wanted one.",
                        "type": "string",
                        "enum": [
                          "Synced",
                          "OutOfSync",
                          "Unknown"
                        ]
                      },
                      "applied": {
                        "description": "The target that was brought up last.",
                        "type": "object",
                        "required": [
                          "revision",
                          "specHash"
                        ],
                        "properties": {
                          "revision": {
                            "description": "The id of the commit.",
                            "type": "string"
                          },
                          "specHash": {
                            "description": "The hash of the spec as far as it decides what runs.",
                            "type": "string"
                          }
                        }
                      },
                      "attempted": {
                        "description": "The target that was tried last, where it is not the applied one.",
                        "type": "object",
                        "required": [
                          "revision",
                          "specHash"
                        ],
                        "properties": {
                          "revision": {
                            "description": "The id of the commit.",
                            "type": "string"
                          },
                          "specHash": {
                            "description": "The hash of the spec as far as it decides what runs.",
                            "type": "string"
                          }
                        }
                      },
                      "message": {
                        "description": "The first line of the applied commit's message.",
                        "type": "string"
                      },
                      "author": {
                        "description": "The author of the applied commit.",
                        "type": "string"
                      },
                      "committedAt": {
                        "description": "When the applied commit was made.",
                        "type": "string",
                        "format": "date-time"
                      },
                      "syncedAt": {
                        "description": "When the applied target was brought up.",
                        "type": "string",
                        "format": "date-time"
                      },
                      "trigger": {
                        "description": "What led to the last sync.",
                        "type": "string",
                        "enum": [
                          "NewRevision",
                          "Drift",
                          "ImageChanged",
                          "SpecChanged",
                          "SecretChanged",
                          "Requested",
                          "Rollback"
                        ]
                      }
                    }
                  },
                  "source": {
                    "description": "What the remote says.",
                    "type": "object",
                    "required": [
                      "revision",
                      "since"
                    ],
                    "properties": {
                      "revision": {
                        "description": "The commit that the wanted revision resolves to.",
                        "type": "string"
                      },
                      "ref": {
                        "description": "The branch or tag that led to it, in full, such as refs/tags/v1.4.2.",
                        "type": "string"
                      },
                      "movedFrom": {
                        "description": "The commit that the same tag was at before. Only where a tag was moved, which tags are not meant to be.",
                        "type": "string"
                      },
                      "since": {
                        "description": "Since when it resolves to that commit, as far as ConOps saw.",
                        "type": "string",
                        "format": "date-time"
                      }
                    }
                  },
                  "health": {
                    "description": "How the services are.",
                    "type": "object",
                    "required": [
                      "status",
                      "services"
                    ],
                    "properties": {
                      "status": {
                        "description": "The health of all services together.",
                        "type": "string"
                      },
                      "services": {
                        "description": "Each service of the applied project.",
                        "type": "array",
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": [
                          "name"
                        ],
                        "items": {
                          "description": "One service.",
                          "type": "object",
                          "required": [
                            "name",
                            "status",
                            "replicas",
                            "image"
                          ],
                          "properties": {
                            "name": {
                              "description": "The name of the service.",
                              "type": "string"
                            },
                            "status": {
                              "description": "How the service is. Finished is a one-shot that has done its work.",
                              "type": "string",
                              "enum": [
                                "Healthy",
                                "Progressing",
                                "Degraded",
                                "Missing",
                                "Stopped",
                                "Finished"
                              ]
                            },
                            "replicas": {
                              "description": "The containers that run, and those wanted, such as 2/2.",
                              "type": "string"
                            },
                            "image": {
                              "description": "The image as the project names it.",
                              "type": "string"
                            },
                            "imageID": {
                              "description": "The id of the image that the containers were made from.",
                              "type": "string"
                            },
                            "imageDigest": {
                              "description": "What the registry has that image as, where it comes from one.",
                              "type": "string"
                            },
                            "imageMoved": {
                              "description": "The id that the image's name stands for on this host now, where that is another one than imageID.",
                              "type": "string"
                            },
                            "message": {
                              "description": "Why the service is not healthy.",
                              "type": "string"
                            }
                          }
                        }
                      }
                    }
                  },
                  "drift": {
                    "description": "Every way in which the host does not match the applied target.",
                    "type": "array",
                    "x-kubernetes-list-type": "atomic",
                    "items": {
                      "description": "One way, with its evidence.",
                      "type": "object",
                      "required": [
                        "service",
                        "kind",
                        "expected",
                        "actual",
                        "since"
                      ],
                      "properties": {
                        "service": {
                          "description": "The service it is about.",
                          "type": "string"
                        },
                        "kind": {
                          "description": "The kind of drift.",
                          "type": "string",
                          "enum": [
                            "Missing",
                            "Created",
                            "Exited",
                            "Stopped",
                            "Running",
                            "Unhealthy",
                            "Paused",
                            "Restarting",
                            "ConfigChanged",
                            "ImageChanged",
                            "FilesChanged",
                            "LocalChange",
                            "Scaled",
                            "Orphan",
                            "NetworkDetached",
                            "NetworkChanged",
                            "VolumeChanged",
                            "Modified"
                          ]
                        },
                        "expected": {
                          "description": "What the applied target asks for.",
                          "type": "string"
                        },
                        "actual": {
                          "description": "What the host has.",
                          "type": "string"
                        },
                        "since": {
                          "description": "When it was first seen.",
                          "type": "string",
                          "format": "date-time"
                        },
                        "ignored": {
                          "description": "Whether spec.ignoreDifferences names it, so that it is left alone.",
                          "type": "boolean"
                        }
                      }
                    }
                  },
                  "adoption": {
                    "description": "What taking over a project that somebody else brought up would do, while that waits for adopt.",
                    "type": "object",
                    "required": [
                      "removes",
                      "changes"
                    ],
                    "properties": {
                      "removes": {
                        "description": "What would be removed.",
                        "type": "array",
                        "x-kubernetes-list-type": "atomic",
                        "items": {
                          "description": "One thing that would be removed, in words.",
                          "type": "string"
                        }
                      },
                      "changes": {
                        "description": "What would change.",
                        "type": "array",
                        "x-kubernetes-list-type": "atomic",
                        "items": {
                          "description": "One change, in words.",
                          "type": "string"
                        }
                      }
                    }
                  },
                  "violations": {
                    "description": "All that policy refuses in the attempted target.",
                    "type": "array",
                    "x-kubernetes-list-type": "atomic",
                    "items": {
                      "description": "One thing that policy refuses.",
                      "type": "object",
                      "required": [
                        "rule",
                        "service",
                        "field",
                        "message"
                      ],
                      "properties": {
                        "rule": {
                          "description": "The rule, as a Policy's exceptions name it.",
                          "type": "string"
                        },
                        "service": {
                          "description": "The service; empty for what is the project's as a whole.",
                          "type": "string"
                        },
                        "field": {
                          "description": "The field of the Compose project.",
                          "type": "string"
                        },
                        "message": {
                          "description": "What is wrong, in words.",
                          "type": "string"
                        }
                      }
                    }
                  },
                  "lastHandledRequests": {
                    "description": "The token of the last request that was handled, for each action such as sync.",
                    "type": "object",
                    "additionalProperties": {
                      "description": "The token of a request.",
                      "type": "string"
                    }
                  },
                  "requestAnswers": {
                    "description": "What was answered to the last request of an action that was handled but not carried out, such as one to a suspended Application.",
                    "type": "object",
                    "additionalProperties": {
                      "description": "The answer.",
                      "type": "string"
                    }
                  },
                  "history": {
                    "description": "The last syncs, the newest first. What happened several times in a row is one entry with a count.",
                    "type": "array",
                    "x-kubernetes-list-type": "atomic",
                    "items": {
                      "description": "One sync.",
                      "type": "object",
                      "required": [
                        "revision",
                        "startedAt",
                        "finishedAt",
                        "result",
                        "trigger",
                        "reason",
                        "durationSeconds"
                      ],
                      "properties": {
                        "revision": {
                          "description": "The id of the commit.",
                          "type": "string"
                        },
                        "startedAt": {
                          "description": "When the sync began.",
                          "type": "string",
                          "format": "date-time"
                        },
                        "finishedAt": {
                          "description": "When the sync ended.",
                          "type": "string",
                          "format": "date-time"
                        },
                        "result": {
                          "description": "How the sync ended.",
                          "type": "string",
                          "enum": [
                            "Succeeded",
                            "Failed",
                            "Superseded",
                            "RolledBack"
                          ]
                        },
                        "trigger": {
                          "description": "What led to the sync.",
                          "type": "string",
                          "enum": [
                            "NewRevision",
                            "Drift",
                            "ImageChanged",
                            "SpecChanged",
                            "SecretChanged",
                            "Requested",
                            "Rollback"
                          ]
                        },
                        "reason": {
                          "description": "Why, in one word or a few.",
                          "type": "string"
                        },
                        "durationSeconds": {
                          "description": "How long it took.",
                          "type": "number",
                          "minimum": 0
                        },
                        "images": {
                          "description": "The id of the image of each service.",
                          "type": "object",
                          "additionalProperties": {
                            "description": "The id of an image.",
                            "type": "string"
                          }
                        },
                        "count": {
                          "description": "How often in a row the same thing happened; not written for once.",
                          "type": "integer",
                          "format": "int32",
                          "minimum": 2
                        }
                      }
                    }
                  },
                  "conditions": {
                    "description": "The conditions, as in Kubernetes. Reconciling and Stalled are there only while they are True.",
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
                          "description": "The generation of the spec that the condition is about.",
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
