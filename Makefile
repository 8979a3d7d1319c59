# Everything a reader or a contributor runs. `make` alone lists it.
#
# Every target uses .venv, made here from $(PYTHON). Nothing else is installed,
# except a browser for the site's tests where none is found.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
PORT ?= 8000
PEERS_WANTED ?= yes
# a folder made by `make wheels`; packages then come from there alone
WHEELS ?=
BRANCH ?= main
LAB ?=
WORKERS ?= 2

# Threads that wait by spinning starve each other when the machine is busy.
export OMP_WAIT_POLICY ?= PASSIVE

VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
INSTALLED := $(VENV)/.installed
FROM := $(if $(WHEELS),--no-index --find-links $(WHEELS))
SITE := _build/html
BUILT := $(SITE)/.built

# What a page can depend on. Folders are in the list too: their date changes when
# a file in them goes away. (book/. and not book, which is a target.)
INPUTS := $(shell find chapters/. appendix/. book/. d2l_helpers/. \
	\( -name '.?*' -o -name __pycache__ \) -prune -o -print 2>/dev/null) \
	intro.md references.bib _config.yml _toc.yml requirements.txt
# A page that somebody deleted must come back, stamp or no stamp.
PAGES := $(patsubst %,$(SITE)/%.html,intro index search \
	$(basename $(wildcard chapters/*.ipynb appendix/*.ipynb appendix/*.md)))
MISSING := $(filter-out $(wildcard $(PAGES)),$(PAGES))

.PHONY: help book test serve lab bench peers record lint links data lock wheels zip \
	browser repository venv machines oldest newest clean distclean force

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | \
		awk -F ':.*## ' '{ printf "  make %-11s %s\n", $$1, $$2 }'

venv: $(INSTALLED)

$(INSTALLED): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
		echo "make: $(PYTHON) is missing or older than 3.10;" \
			"name a newer one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "make: this Python cannot make virtual environments;" \
			"on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || { echo "making $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "installing the packages of requirements.txt (minutes, the first time)"
	@$(BIN)/python -m pip install --disable-pip-version-check --no-input \
		--progress-bar off $(FROM) -r requirements.txt | \
		awk '/^ *Downloading|^Installing|^Successfully/ { print substr($$0, 1, 100); fflush() }'
	@touch $@

lock: $(INSTALLED) ## pin every package by its hash, after a change of requirements.txt
	@PYTHON=$(BIN)/python bash tools/lock.sh

# Without the helpers, which are here, but with what building them needs.
wheels: $(INSTALLED) ## download all packages for machines without a network
	@grep -v '^-e' requirements.txt | $(BIN)/python -m pip download \
		--disable-pip-version-check --no-input --quiet --progress-bar off \
		--dest wheelhouse -r /dev/stdin "setuptools>=68" wheel
	@echo "wheelhouse/ is ready: make book WHEELS=wheelhouse"

data: $(INSTALLED) ## look for Fashion-MNIST, fetch it where possible
	@PYTHON=$(BIN)/python bash tools/get_data.sh

book: $(BUILT) ## run the notebooks and build the site
	@echo "The site: file://$(CURDIR)/$(SITE)/index.html"

# Every page is read anew: a warning shows only while its page is read, so a page
# that a failed build has already read would pass the next time. Results come
# from the notebook cache, which keeps this short.
$(BUILT): $(INPUTS) $(INSTALLED) $(if $(MISSING),force)
	@PYTHON=$(BIN)/python bash tools/get_data.sh
	@rm -rf _build/.doctrees $@
	$(BIN)/jupyter-book build . -W -n --keep-going
	@touch $@

force:

browser:
	@PYTHON=$(BIN)/python bash tools/setup_browser.sh

# One pytest for all: the helpers, every cell of every notebook, and the site in
# a browser. loadscope keeps a notebook, and a test file, on one worker.
test: $(INSTALLED) browser book ## build, then run every test
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope

machines: $(INSTALLED) browser ## build and test the pages as on other processors
	@PYTHON=$(BIN)/python WORKERS=$(WORKERS) bash tools/machines.sh

oldest: ## try the helpers and notebooks with the oldest versions they allow
	@PYTHON=$(PYTHON) WORKERS=$(WORKERS) bash tools/versions.sh oldest

newest: ## try them with the newest versions there are
	@PYTHON=$(PYTHON) WORKERS=$(WORKERS) bash tools/versions.sh newest

serve: $(BUILT) ## show the built site on this machine
	@echo "The site: http://127.0.0.1:$(PORT)/  (Ctrl-C ends it)"
	@$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory $(SITE) \
		2>/dev/null || { code=$$?; [ $$code -eq 130 ] || \
		{ echo "port $(PORT) is taken: make serve PORT=8001" >&2; exit $$code; }; }

zip: $(BUILT) ## pack the built site into one file
	@cd _build && rm -f book.zip && ../$(BIN)/python -c 'import shutil; \
		shutil.make_archive("book", "zip", ".", "html")'
	@echo "$(CURDIR)/_build/book.zip: unpack it and open html/index.html"

# From the top of the project, so that links between pages work; LAB="--port 9000" adds
# options. As root, as in a container, JupyterLab asks for one of its own.
lab: $(INSTALLED) ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB) \
		chapters/why-conv.ipynb

# Beside what a reader would use instead: other programs, in an environment of
# their own. PEERS_WANTED=no leaves them out; so does a network that is not there.
bench: $(INSTALLED) ## measure the claims about speed
	@$(if $(filter no,$(PEERS_WANTED)),true,$(MAKE) --no-print-directory peers) || \
		echo "make: the peers cannot be installed here; their rows are left out" >&2
	@unset OMP_WAIT_POLICY; python=$(BIN)/python; test -e $(PEERS)/.installed && python=$(PEERS)/bin/python; \
		PYTHONPATH=. $$python benchmarks/bench.py $(BENCH)

peers: $(PEERS)/.installed

$(PEERS)/.installed: benchmarks/requirements-peers.txt
	@echo "installing the peers into $(PEERS) (on Linux several gigabytes)"
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --disable-pip-version-check --no-input \
		--quiet --retries 1 --progress-bar off --no-deps d2l==1.0.3
	@$(PEERS)/bin/python -m pip install --disable-pip-version-check --no-input \
		--quiet --retries 1 --progress-bar off -r benchmarks/requirements-peers.txt
	@touch $@

record: $(INSTALLED) ## run the long experiments again and store their results
	$(BIN)/python benchmarks/record.py

lint: $(INSTALLED) ## check style, spelling and stored outputs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/python tools/check_notebooks.py

links: $(BUILT) ## ask every outside address of the pages whether it is still there
	$(BIN)/jupyter-book build . --builder linkcheck

repository: $(INSTALLED) ## set the published address: make repository URL=https://…
	@$(BIN)/python tools/set_repository.py "$(URL)" --branch "$(BRANCH)"

clean: ## remove the built site and all caches
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
	find . -name .git -prune -o -path ./$(VENV) -prune -o \
		\( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -print0 | \
		xargs -0 rm -rf

distclean: clean ## remove the virtual environment too
	rm -rf $(VENV) $(PEERS) *.egg-info
