#!/bin/sh
# For any CI: checks the branch that is checked out, here or in the folder named, against a base.
#   examples/ci/check.sh [BASE [FOLDER]]
# Reports go to the folder reports; the exit code is safemigrate's.
set -eu

base=${1:-origin/main}
cd "${2:-.}"

# Most CIs clone no more than the newest commit; where the branch began has to be there too.
if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
  git fetch --quiet --unshallow
fi

mkdir -p reports
exec safemigrate check --base "$base" --no-interactive \
  --output markdown=reports/safemigrate.md \
  --output junit=reports/safemigrate.xml \
  --output html=reports/safemigrate.html
