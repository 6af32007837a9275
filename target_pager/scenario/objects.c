/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Theory of operation: `A.text` is looked up among A's areas while A is alive. Afterwards the
 * pointer noted at its load is compared, never followed, with the core's own lists: a leaked
 * object is found that way, a freed one is not, and one made later at the same address has
 * another name.
 */
#include <stdio.h>
#include <string.h>

#include "run.h"

const char *object_name(const struct run *run, const struct script_object *object, char *text,
			size_t len)
{
	if (object->instance < 0)
		snprintf(text, len, "%s", run->script->shared[object->shared]);
	else
		snprintf(text, len, "%s.%s", run->script->instances[object->instance],
			 object->section);
	return text;
}

bool object_is_file(const struct script_object *object)
{
	return strcmp(object->section, "file") == 0;
}

static struct fobj *fobj_if_listed(object_key key, const char *name)
{
	const void *wanted = object_of_key(key);
	struct fobj *fobj;

	TAILQ_FOREACH (fobj, &fobj_list, link)
		if (fobj == wanted && strcmp(fobj->name, name) == 0)
			return fobj;
	return NULL;
}

static struct fobj *section_find(const struct run_instance *instance, const char *section)
{
	if (instance->context) {
		struct area *area = area_find_name(&instance->context->vm, section);

		if (area)
			return area->fobj;
	}
	for (unsigned int i = 0; i < instance->num_sections; i++)
		if (strcmp(instance->sections[i].area, section) == 0)
			return fobj_if_listed(instance->sections[i].fobj,
					      instance->sections[i].name);
	return NULL;
}

struct fobj *object_find(const struct run *run, const struct script_object *object)
{
	if (object->instance < 0)
		return fobj_if_listed(run->shared[object->shared].fobj,
				      run->script->shared[object->shared]);
	return section_find(&run->instances[object->instance], object->section);
}

struct file *object_find_file(const struct run *run, const struct script_object *object)
{
	struct file *file;

	TAILQ_FOREACH (file, &file_list, link)
		if (file == object_of_key(run->instances[object->instance].file))
			return file;
	return NULL;
}

void object_remember(struct run_instance *instance)
{
	struct area *area;

	instance->file = object_to_key(instance->context->files[0]);
	instance->num_sections = 0;
	TAILQ_FOREACH (area, &instance->context->vm.areas, head_link) {
		if (instance->num_sections == RUN_MAX_SECTIONS)
			return;
		strcpy(instance->sections[instance->num_sections].area, area->name);
		strcpy(instance->sections[instance->num_sections].name, area->fobj->name);
		instance->sections[instance->num_sections++].fobj = object_to_key(area->fobj);
	}
}
