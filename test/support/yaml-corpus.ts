/**
 * Manifests as people write them, and as nobody should: comments everywhere, anchors, merge keys, every kind of scalar, flow
 * and block style in one another, odd indentation, other line ends. Each is valid and may be edited.
 */
export interface CorpusText {
  readonly name: string;
  readonly text: string;
  /** Something in it is shown at several places: some edits have to be refused. */
  readonly isShared?: boolean;
}

const application = `# The shop, run by team blue.
# Ask them before you touch it.
apiVersion: conops.dev/v1alpha1
kind: Application
metadata:
  name: shop          # also the project's name
  labels: {team: blue, "example.com/tier": 'front'}
  annotations:

    # why: see the wiki
    note: >-
      A long note that is
      folded over lines,

      with a paragraph.   # no comment
spec:
    interval: 1m   # fast
    source:
        repoURL: https://git.example.com/shop.git
        revision: {branch: main}        # or {tag: v1}
        path: "deploy/shop"

    # ---- compose ----
    compose:
        files:
        - compose.yaml
        - "compose.prod.yaml"   # the second wins
        # - compose.debug.yaml
        env:
        - name: LOG_LEVEL
          value: 'debug'
        -   name: PORT
            value: "8080" # a string
        - {name: EMPTY, value: ""}
    automated: true
    # suspend: true


# the end
`;

const secret = `---
apiVersion: conops.dev/v1alpha1
kind: Secret
metadata:
  name: git-shop
type: kubernetes.io/ssh-auth
stringData:
  # made with ssh-keygen -t ed25519
  ssh-privatekey: |
    -----BEGIN OPENSSH PRIVATE KEY-----
    b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
    # not a comment
      indented
    -----END OPENSSH PRIVATE KEY-----
  known_hosts: |2-
     git.example.com ssh-ed25519 AAAA
    # not a comment either

  passphrase: "correct \\"horse\\" \\
    battery\\tstaple"   # a line goes on
  folded: >+
    one
    two

     three

  # after the blank lines that belong to it
  single: 'it''s
    two lines'
  plain: several words
    over lines
  empty:
  nothing: ~
  last: x#y
data:
  token: aHVudGVyMg==      # base64
...
`;

const compose = `x-common: &common
  restart: unless-stopped
  logging: &logging
    driver: json-file
    options: {max-size: 10m}   # per container
services:
  web:
    <<: *common
    image: &image nginx:1.27 # pinned
    ports: ["80:80", "443:443"]
  admin:
    <<: [*common, {restart: "no"}]
    image: *image
    logging: *logging
    environment:
      - A=1
      - B=2 # two
  job: {<<: *common, image: busybox}
  copy: &copy
    command: [sh, -c, "echo \\"hi\\""]
volumes: {}
`;

const flow = `{
  "apiVersion": "conops.dev/v1alpha1",
  "kind": "Application",
  "metadata": {"name": "json", "labels": {}},
  "spec": {
    "interval": "5m",
    "list": [1, 2.50, true, null, "x"],
    "nested": {"a": {"b": {"c": []}}}
  }
}
`;

const multi = `%YAML 1.2
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {a: !Ref x, b: 1}
... # the end of the first
# between
---
# comment before
apiVersion: conops.dev/v1alpha1
kind: Application
metadata:
  name: second
spec:
  a: 1
--- # third
a: [ ]
b:
- x
-
- - nested
  - list
-   key: v
    other: w
-
  own: line
---
- just
- a list # with comments
- {a: 1}
`;

const odd = `a:
   b:
         c: 1
         d:
           - 1
           -    2
   e:	tab after the colon
   f :   spaces before it
"quoted key" : 1
'single': {a: 1, b, "c":2,   d: [x,y ,z],}
? explicit
: value
? |
  block key
: 5
long: ${"0123456789".repeat(300)}
unicode: "日本語 🐳 ünïcödé"
日本: 東京 # ключ
url: http://example.com:80/#fragment
time: 12:30:45
date: 2024-02-29
octal: 0o17
hex: 0xFF
float: 1.50e3
inf: .inf
version: 1.10
"": empty name
multi: {
  a: 1,   # one
  b: 2,   # two

  # three
  c: 3
  # end
}
list: [
  one, # 1
  two
]
tagged: !!str 123
anchored: &alone value
deep: {a: {b: {c: {d: [ {e: 1} , [ 2 , 3 ] ]}}}}
`;

const tight = `a:
- b: 1
  c:
  - d
  - e: 1
    f: 2
- g
#c
h: {i: 1}
j: |
 one space
k: >1
  two more
l: |-

  starts with a blank line
m: 'x'`;

const indentless = `# a list of mappings, each written another way
env:
- name: A
  # about the value
  value: 1

- # about B
  name: B
  value: 2
-
  # about C
  name: C   # see
  value: |+
    three

# a comment between items
- { name: D,
    value: 4 }
- name: E
after: 1
`;

const comments = `#!shebang

# licence



a: # after a
  # before b
  b: # after b

    # before c
    c: 1 # after c
    # after c, still b's
  # after b, still a's
# after a
d:
  # nothing but a comment
e: # nothing
f: 1 #
g: "#" # '#'
h: # multi
  # line
  - 1 # one
    # odd
  - 2
 # odd, too
i: last # end
# end 1

# end 2
`;

export const YAML_CORPUS: readonly CorpusText[] = [
  { name: "an Application", text: application },
  { name: "a Secret", text: secret },
  { name: "a Compose-like file", text: compose, isShared: true },
  { name: "JSON", text: flow },
  { name: "several documents", text: multi },
  { name: "odd ways to write", text: odd },
  { name: "tight indentation, no line end", text: tight },
  { name: "lists of mappings", text: indentless },
  { name: "comments everywhere", text: comments },
  ...[application, secret, odd, comments, indentless].map((text, index) => ({
    name: `line ends of Windows and a byte order mark (${index + 1})`,
    text: `\uFEFF${text.replaceAll("\n", "\r\n")}`,
  })),
  { name: "a Compose-like file, without a last line end", text: compose.trimEnd(), isShared: true },
];
