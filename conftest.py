"""Every test run: the same environment before Django reads it, then the fixtures that all tests share."""

import atexit
import os
import shutil

import django

from wholexale.tests.environment import enter_test_environment

if made := enter_test_environment(os.environ):
    atexit.register(shutil.rmtree, made, ignore_errors=True)
django.setup()

pytest_plugins = ["wholexale.common.testing"]
